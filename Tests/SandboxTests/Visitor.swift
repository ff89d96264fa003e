import Foundation
import HTTP
import JSON
import Sandbox

/// Calls a sandbox in process, as an admin or with a key.
struct Visitor {
    let platform: SandboxPlatform
    var headers: HTTPHeaders = [:]

    struct Reply {
        let status: Int
        let headers: HTTPHeaders
        let body: JSONValue

        /// The platform's own sentence.
        var message: String? { body.at("error", "message")?.string ?? body["message"]?.string }
        /// The id of the only record.
        var id: Int? { body["id"]?.int ?? body["resource"]?[0]?["id"]?.int }
    }

    /// The admin of a sandbox that is ready to use, logged in.
    static func admin(of platform: SandboxPlatform) throws -> Visitor {
        var visitor = Visitor(platform: platform)
        let login: JSONValue = [
            "email": .string(SandboxPlatform.adminEmail),
            "password": .string(SandboxPlatform.adminPassword),
        ]
        let reply = try visitor.call("POST", "system/admin/session", login)
        visitor.headers["X-DreamFactory-Session-Token"] = reply.body["session_token"]?.string
        return visitor
    }

    static func key(_ key: String, of platform: SandboxPlatform) -> Visitor {
        Visitor(platform: platform, headers: ["X-DreamFactory-API-Key": key])
    }

    func request(_ method: String, _ path: String, _ body: JSONValue? = nil) throws -> HTTPRequest {
        try HTTPRequest(
            method: method,
            target: "/api/v2/" + path,
            headers: headers,
            body: body?.serialized() ?? []
        )
    }

    @discardableResult
    func call(_ method: String, _ path: String, _ body: JSONValue? = nil) throws -> Reply {
        let response = platform.answer(try request(method, path, body))
        return Reply(
            status: response.status,
            headers: response.headers,
            body: (try? JSONValue(parsing: response.body)) ?? .null
        )
    }

    /// Sells access to the customers: a role, an app with the key and, with a rate, a limit.
    @discardableResult
    func provision(
        _ name: String,
        key: String,
        rate: Int? = nil,
        period: String = "minute",
        rules: [JSONValue] = [.rule("_table/customers/*")]
    ) throws -> Int {
        let role: JSONValue = [
            "name": .string(name), "is_active": true,
            "role_service_access_by_role_id": .array(rules),
            "app_by_role_id": [
                ["name": .string(name), "is_active": true, "type": 0, "api_key": .string(key)]
            ],
        ]
        let id = try call("POST", "system/role", ["resource": [role]]).id ?? 0
        guard let rate else { return id }
        let limit: JSONValue = [
            "name": .string(name), "type": "instance.role", "role_id": .integer(Int64(id)),
            "rate": .integer(Int64(rate)), "period": .string(period),
        ]
        try call("POST", "system/limit", ["resource": [limit]])
        return id
    }
}

extension JSONValue {
    /// A rule on the service `shop` of a sandbox that is ready to use.
    static func rule(
        _ component: String,
        verbs: Int64 = 1,
        requestor: Int64 = 1,
        service: JSONValue = 7,
        filters: JSONValue = []
    ) -> JSONValue {
        [
            "service_id": service, "component": .string(component), "verb_mask": .integer(verbs),
            "requestor_mask": .integer(requestor), "filters": filters, "filter_op": "AND",
        ]
    }
}

extension String {
    /// A key that the platform takes: 64 letters and digits.
    static func key(_ letter: Character) -> String { String(repeating: letter, count: 64) }
}

extension SandboxPlatform {
    /// A sandbox in memory whose time only moves when told.
    static func still(database: String? = nil, bare: Bool = false) throws -> SandboxPlatform {
        let start = Date(timeIntervalSince1970: 1_795_348_800)
        return try SandboxPlatform(database: database, bare: bare, clock: SandboxClock { start })
    }
}
