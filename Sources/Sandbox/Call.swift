import Foundation
import HTTP
import JSON

/// A verb with its bit in the masks of access rules.
enum Verb: String {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
    case head = "HEAD"

    /// The names of the verbs in a mask, of those that rules are made of.
    static func names(in mask: Int) -> [JSONValue] {
        [Verb.get, .post, .put, .patch, .delete].filter { $0.mask & mask != 0 }
            .map { .string($0.rawValue) }
    }

    var mask: Int {
        switch self {
        case .get: 1
        case .post: 2
        case .put: 4
        case .patch: 8
        case .delete: 16
        case .options: 32
        case .head: 64
        }
    }
}

/// One call as the platform reads it out of an HTTP request.
struct Call {
    var verb: Verb
    /// In lower case, as the platform looks services up; empty for the root of the API.
    let service: String
    /// The path below the service.
    let resource: [String]
    private(set) var query: [String: String]
    let headers: HTTPHeaders
    /// The JSON body; null where there is none or it cannot be read, which the platform does not
    /// distinguish.
    let payload: JSONValue

    /// What access rules are compared with.
    ///
    /// What stands in brackets behind a routine's name is no part of it.
    var component: String {
        let isRoutine = resource.first == "_proc" || resource.first == "_func"
        let parts = isRoutine ? resource.map { String($0.prefix { $0 != "(" }) } : resource
        return parts.joined(separator: "/")
    }

    init(_ request: HTTPRequest) throws(Refusal) {
        guard let path = Call.pathInsideAPI(request.path) else {
            let route = request.path.drop { $0 == "/" }
            throw Refusal(404, "The route \(route) could not be found.", envelope: .framework)
        }
        guard let verb = Verb(rawValue: request.method) else {
            throw Refusal(
                405,
                "The \(request.method) method is not supported for route "
                    + "\(request.path.drop { $0 == "/" }). Supported methods: GET, HEAD, POST, "
                    + "PUT, PATCH, DELETE, OPTIONS.",
                envelope: .framework
            )
        }
        self.verb = verb
        service = (path.first ?? "").lowercased()
        resource = Array(path.dropFirst())
        headers = request.headers
        query = Dictionary(request.query.map { ($0.name, $0.value) }) { _, last in last }
        let isText = headers["Content-Type"]?.lowercased().hasPrefix("text/") ?? false
        if isText, !request.body.isEmpty { throw .serverError }
        payload = (try? JSONValue(parsing: request.body)) ?? .null
        overrideVerb()
    }

    /// The parts after `/api` and an optional version.
    private static func pathInsideAPI(_ path: String) -> [String]? {
        var parts = path.split(separator: "/").map(String.init)
        guard parts.first == "api" else { return nil }
        parts.removeFirst()
        let isVersion = parts.first.map { part in
            part.first == "v" && part.count > 1
                && part.dropFirst().allSatisfy { $0 == "." || ("0"..."9").contains($0) }
        }
        if isVersion == true { parts.removeFirst() }
        return parts
    }

    /// Only a POST can ask to be read as another verb.
    private mutating func overrideVerb() {
        let named =
            headers["X-HTTP-Method"] ?? headers["X-Method-Override"]
            ?? headers["X-HTTP-Method-Override"] ?? query["method"] ?? query["_method"]
        guard verb == .post, let name = named?.uppercased() else { return }
        verb = name == "MERGE" ? .patch : Verb(rawValue: name) ?? .post
        guard verb == .get, let members = payload.object else { return }
        for (member, value) in members where query[member] == nil {
            query[member] = value.string ?? value.int.map(String.init)
        }
    }
}

// MARK: - Credentials

extension Call {
    /// Query before header before body, and the body not for `system/app`, whose records have a
    /// field of that name.
    var apiKey: String? {
        let isApp = service == "system" && resource.first == "app"
        let key =
            query["api_key"] ?? headers["X-DreamFactory-API-Key"]
            ?? (isApp ? nil : payload["api_key"]?.string)
        return key.flatMap { $0.isEmpty ? nil : $0 }
    }

    var token: String? {
        let token =
            authorization("Bearer") ?? headers["X-DreamFactory-Session-Token"]
            ?? query["session_token"] ?? payload["session_token"]?.string
        return token.flatMap { $0.isEmpty ? nil : $0 }
    }

    var basicCredentials: (email: String, password: String)? {
        guard let encoded = authorization("Basic"), let data = Data(base64Encoded: encoded),
            let text = String(data: data, encoding: .utf8), let colon = text.firstIndex(of: ":")
        else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    private func authorization(_ scheme: String) -> String? {
        guard let value = headers["Authorization"],
            value.lowercased().hasPrefix(scheme.lowercased() + " ")
        else { return nil }
        return value.dropFirst(scheme.count + 1).trimmingCharacters(in: .whitespaces)
    }

    /// Logins and refreshes are served whatever token comes with them.
    var isLoginOrRefresh: Bool {
        let isSession =
            (service == "system" && component == "admin/session")
            || (service == "user" && component == "session")
        return isSession && (verb == .post || verb == .put)
    }
}

// MARK: - Options

extension Call {
    /// An option by any of its names; an empty one counts as absent.
    func option(_ names: String...) -> String? {
        names.lazy.compactMap { query[$0] }.first { !$0.isEmpty }
    }

    func flag(_ name: String) -> Bool {
        ["true", "1", "yes", "on"].contains(query[name]?.lowercased() ?? "")
    }

    var hasFilter: Bool { option("filter", "where") != nil }

    func names(_ option: String...) -> [String]? {
        for name in option {
            guard let text = query[name], !text.isEmpty else { continue }
            return text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        return nil
    }

    /// The records of a list body: `{"resource": […]}` or a bare array.
    var records: [JSONValue] {
        payload.array ?? payload["resource"]?.array ?? []
    }
}
