import Foundation
import JSON
import Testing

@testable import DreamFactory

/// Makes the call of the client that a recorded call is, or says why there is none.
struct Interpreter {
    let call: Recording
    let client: PlatformClient
    let sender: RecordedSender

    init(_ call: Recording) throws {
        self.call = call
        sender = RecordedSender(call)
        client = PlatformClient(
            address: try PlatformAddress("http://127.0.0.1:1", isLive: true),
            caller: try Self.caller(call),
            sender: sender,
            now: { Date(timeIntervalSince1970: 1_800_000_000) }
        )
    }

    private static func caller(_ call: Recording) throws -> PlatformCaller {
        guard ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(call.method),
            call.headers["x-http-method"] == nil
        else { throw NotOffered.verb }
        guard call.headers["authorization"] == nil else { throw NotOffered.credentials }
        guard call.headers["accept"] == "application/json",
            call.body == nil || call.headers["content-type"] == "application/json"
        else { throw NotOffered.mediaType }
        let key = call.headers["x-dreamfactory-api-key"]
        guard key == nil || key.flatMap(AppKey.init) != nil else { throw NotOffered.credentials }
        if let token = call.headers["x-dreamfactory-session-token"] {
            guard let token = SessionToken(token) else { throw NotOffered.credentials }
            return .session(token, key: key.flatMap(AppKey.init))
        }
        return key.flatMap(AppKey.init).map(PlatformCaller.apiKey) ?? .anonymous
    }

    /// The value that the client gives, as the JSON that was answered.
    func play() async throws -> JSONValue {
        if call.path == "/status" {
            let status = try await client.status()
            #expect(status.version == call.answerJSON?["version"]?.string)
            return try answered()
        }
        guard call.path == "/api/v2" || call.path.hasPrefix("/api/v2/"),
            !call.path.hasSuffix("/") || call.path == "/api/v2/"
        else { throw NotOffered.address }
        let parts = call.parts
        switch parts.count {
        case 0: return try await plain { try await client.visibleServices() }
        case 1: return try await resources(of: parts[0])
        case _ where parts[0] == "system": return try await system(Array(parts.dropFirst()))
        case _ where parts[0] == "user": return try await user(.users, Array(parts.dropFirst()))
        default: return try await database(parts)
        }
    }

    /// What was answered, where the value holds less than it.
    func answered() throws -> JSONValue { try #require(call.answerJSON) }

    func plain(_ body: () async throws -> JSONValue) async throws -> JSONValue {
        try only("GET")
        _ = try QueryReader(call.query)
        guard call.query.isEmpty else { throw NotOffered.parameter }
        return try await body()
    }

    func only(_ method: String) throws {
        guard call.method == method else { throw NotOffered.operation }
        guard method != "GET" || call.body == nil else { throw NotOffered.inline }
    }

    private func resources(of service: String) async throws -> JSONValue {
        guard let name = ResourceName(service), !service.hasPrefix("_") else {
            throw NotOffered.address
        }
        let names = try await named { try await client.resources(of: name) }
        return names
    }

    /// A list of names, in the rows they came in.
    func named(_ body: () async throws -> [String]) async throws -> JSONValue {
        try await plain {
            .object(["resource": .array(try await body().map { ["name": .string($0)] })])
        }
    }

    /// One record to be sent.
    func record() throws -> JSONValue {
        guard let body = call.bodyJSON, let members = body.object, !members.isEmpty else {
            throw NotOffered.noRecord
        }
        guard members["resource"] == nil else { throw NotOffered.hazard }
        return body
    }

    /// The wrapped records to be sent.
    func records() throws -> [JSONValue] {
        guard let body = call.bodyJSON, body.object?.count == 1,
            let records = body["resource"]?.array, !records.isEmpty,
            records.allSatisfy({ $0.object?.isEmpty == false })
        else { throw NotOffered.noRecord }
        return records
    }

    func noBody() throws {
        guard call.body == nil || call.bodyJSON == [:] else { throw NotOffered.inline }
    }
}
