import Foundation
import HTTP
import JSON
import Sandbox
import Synchronization
import Transport

@testable import Service

/// Brings requests to a sandbox platform in process, unless a test is in the way.
final class Wire: RequestSender {
    /// Answers instead of the platform; nil lets a request through.
    typealias Script = @Sendable (HTTPRequest, SandboxPlatform) -> HTTPResponse?

    private struct State {
        var failure: TransportError?
        var script: Script?
        var count = 0
        var secrets: Set<String> = []
    }

    private let platform: SandboxPlatform
    /// Answers for the providers' APIs.
    private let apis = KnownProvider.all.map(FakeAPI.init)
    private let state = Mutex(State())

    init(_ platform: SandboxPlatform) { self.platform = platform }

    /// Stripe's API.
    var stripe: FakeAPI { api(of: .stripe) }

    /// A provider's API.
    func api(of provider: KnownProvider) -> FakeAPI {
        apis.first { $0.provider.name == provider.name } ?? FakeAPI(provider)
    }

    /// How many requests were sent.
    var count: Int { state.withLock { $0.count } }

    /// Session tokens and keys that went over the wire.
    var secrets: Set<String> { state.withLock { $0.secrets } }

    /// Ends every request with this failure from now on; nil ends that.
    func fail(_ failure: TransportError?) { state.withLock { $0.failure = failure } }

    /// Asks the script first from now on; nil ends that.
    func script(_ script: Script?) { state.withLock { $0.script = script } }

    func send(_ request: ClientRequest) async throws(TransportError) -> ClientResponse {
        if let host = request.url.host, let api = apis.first(where: { $0.host == host }) {
            return try api.answer(request)
        }
        let (failure, script) = state.withLock { state in
            state.count += 1
            for name in ["X-DreamFactory-Session-Token", "X-DreamFactory-API-Key"] {
                if let secret = request.headers[name] { state.secrets.insert(secret) }
            }
            return (state.failure, state.script)
        }
        if let failure { throw failure }
        guard let received = Self.received(request) else { throw .invalidAddress }
        if let response = script?(received, platform) { return Self.sent(response) }
        switch platform.outcome(of: received) {
        case .answered(let response, _): return Self.sent(response)
        case .cut: throw .connectionLost
        }
    }

    private static func received(_ request: ClientRequest) -> HTTPRequest? {
        guard let parts = URLComponents(url: request.url, resolvingAgainstBaseURL: false) else {
            return nil
        }
        let query = parts.percentEncodedQuery.map { "?\($0)" } ?? ""
        var headers = HTTPHeaders()
        for (name, value) in request.headers { headers.add(name, value) }
        return try? HTTPRequest(
            method: request.method,
            target: parts.percentEncodedPath + query,
            headers: headers,
            body: request.body ?? []
        )
    }

    private static func sent(_ response: HTTPResponse) -> ClientResponse {
        let fields = response.headers.fields.map { ($0.name.lowercased(), $0.value) }
        return ClientResponse(
            status: response.status,
            headers: Dictionary(fields, uniquingKeysWith: { _, last in last }),
            body: response.body
        )
    }
}

extension Wire {
    /// A platform where nobody may log in as we do.
    static let loginRefused: Script = { request, platform in
        guard request.method == "POST", request.path == "/api/v2/system/admin/session" else {
            return nil
        }
        var wrong = request
        wrong.body = (["email": "admin@example.com", "password": "wrong"] as JSONValue).serialized()
        return platform.answer(wrong)
    }

    /// A platform without the package that has the volume limits.
    static let limitsMissing: Script = { request, platform in
        guard request.path.hasSuffix("/api/v2/system") || request.path.hasSuffix("/system/") else {
            return nil
        }
        var response = platform.answer(request)
        let names = response.json["resource"]?.array ?? []
        let left = names.filter { $0["name"]?.string?.hasPrefix("limit") != true }
        response.body = (["resource": .array(left)] as JSONValue).serialized()
        return response
    }

    /// A platform on which somebody gave the service `shop` the type `system`.
    static let shopOfTypeSystem: Script = { request, platform in
        guard request.path.contains("/system/service") else { return nil }
        var response = platform.answer(request)
        let text = response.text.replacing(#""type":"sqlite""#, with: #""type":"system""#)
        response.body = Array(text.utf8)
        return response
    }

    /// A platform that puts what it was sent into its error, as the real one does with the values
    /// of its SQL.
    static func echo(_ status: Int, _ heard: Lines) -> Script {
        { request, _ in
            guard request.path.contains("/system/") else { return nil }
            let sent = request.headers.fields.map(\.value).joined(separator: ", ")
            let body = String(decoding: request.body, as: UTF8.self)
            let message = "SQLSTATE[23000]: insert into app values (\(sent), \(body))"
            heard.add(message)
            let error: JSONValue = [
                "code": .integer(Int64(status)), "message": .string(message),
                "context": ["resource": [], "error": [.string(message)]],
            ]
            return .json((["error": error] as JSONValue).serialized(), status: status)
        }
    }
}
