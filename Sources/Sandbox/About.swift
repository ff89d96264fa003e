import JSON

/// What the platform says about itself.
enum About {
    private static let resourceNames = [
        "admin", "admin/password", "admin/profile", "admin/session", "app", "cache", "constant",
        "cors", "custom", "email_template", "environment", "event", "import", "lookup", "package",
        "role", "service", "service_type", "user", "limit", "limit_cache",
    ]

    /// `system`: what it serves, by which a client sees whether limits are installed.
    static func resources(_ exchange: Exchange) -> Answer {
        let isList = exchange.call.flag("as_list")
        let names = resourceNames.filter { exchange.hasLimits || !$0.hasPrefix("limit") }
        return .list(names.map { isList ? .string($0) : ["name": .string($0)] })
    }

    /// `/api/v2`: the services that the caller has any right to, and what services there can be.
    static func root(_ exchange: Exchange) throws -> Answer {
        let caller = exchange.caller
        let rows = try exchange.store.rows("SELECT * FROM service WHERE is_active = 1 ORDER BY id")
        let services = rows.filter { row in
            if caller.isAdmin { return true }
            guard let role = caller.role else { return false }
            return role.services?.contains(row["name"]?.string ?? "") ?? true
        }
        return Answer(body: [
            "services": .array(
                services.map { row in
                    let name = row["name"]?.string ?? ""
                    return [
                        "id": row["id"] ?? .null, "name": .string(name),
                        "label": row["label"] ?? .null,
                        "description": row["description"] ?? .null, "type": row["type"] ?? .null,
                        "spec_url": .string("/api/v2/\(name)/_spec"),
                    ]
                }
            ),
            "service_types": .array(
                ServiceType.all.map { type in
                    [
                        "name": .string(type.name), "label": .string(type.label),
                        "group": .string(type.group), "description": .string(type.description),
                    ]
                }
            ),
        ])
    }

    /// `system/environment`: open to all, and it tells a key with a role version, licence and host.
    static func environment(_ exchange: Exchange) throws -> Answer {
        let caller = exchange.caller
        var body: [String: JSONValue] = [
            "authentication": authentication,
            "apps": caller.isAdmin ? .array(try apps(exchange)) : [],
        ]
        guard caller.user != nil || caller.role != nil else { return Answer(body: .object(body)) }
        var platform: [String: JSONValue] = [
            "version": .string(Exchange.version), "bitnami_demo": false, "is_hosted": false,
            "is_trial": false, "license": "OPEN SOURCE", "secured_package_export": false,
            "license_key": false,
        ]
        if caller.isAdmin {
            platform["db_driver"] = "sqlite"
            platform["cache_driver"] = "file"
            platform["app_debug"] = false
        }
        body["platform"] = .object(platform)
        body["server"] = [
            "server_os": "linux", "release": "scrubbed", "version": "scrubbed",
            "host": .string(Exchange.host), "machine": "x86_64",
        ]
        body["client"] = ["user_agent": .null, "ip_address": "127.0.0.1", "locale": "en"]
        body["config"] = [
            "always_wrap_resources": true, "resources_wrapper": "resource",
            "db": [
                "max_records_returned": .integer(Int64(Records.rowsMax)), "time_format": .null,
                "date_format": .null, "datetime_format": .null, "timestamp_format": .null,
            ],
        ]
        return Answer(body: .object(body))
    }

    private static let authentication: JSONValue = {
        func door(_ path: String) -> JSONValue {
            [
                "path": .string(path), "verb": "POST",
                "payload": ["email": "string", "password": "string", "remember_me": "bool"],
            ]
        }
        return [
            "admin": door("system/admin/session"), "user": door("user/session"),
            "oauth": [], "adldap": [], "saml": [], "allow_open_registration": false,
            "open_reg_email_service_id": 5, "allow_forever_sessions": false,
            "login_attribute": "email",
        ]
    }()

    private static func apps(_ exchange: Exchange) throws -> [JSONValue] {
        try exchange.store.rows("SELECT * FROM app WHERE type = 3 ORDER BY id").map { row in
            let app = RecordKind.app.record(row)
            return [
                "id": app["id"] ?? .null, "name": app["name"] ?? .null,
                "description": app["description"] ?? .null,
                "url": .string("http://\(Exchange.host)/\(app["path"]?.string ?? "")"),
                "is_default": false,
                "allow_fullscreen_toggle": app["allow_fullscreen_toggle"] ?? .null,
                "requires_fullscreen": app["requires_fullscreen"] ?? .null,
                "toggle_location": app["toggle_location"] ?? .null,
            ]
        }
    }

    /// `/status`, outside of the API and open to all: it counts what there is.
    static func status(_ store: Store) throws -> Answer {
        func count(_ from: String) throws -> JSONValue {
            try store.scalar("SELECT count(*) FROM \(from)") ?? 0
        }
        let login = "SELECT max(last_login_date) FROM user WHERE is_sys_admin = 1"
        return Answer(body: [
            "uri": .string("http://\(Exchange.host)"), "managed": false, "dist": "Demo",
            "demo": false, "version": .string(Exchange.version), "license": "OPEN SOURCE",
            "host_os": "Linux", "last_admin_login": try store.scalar(login) ?? .null,
            "resources": [
                "app": try count("app"), "admin": try count("user WHERE is_sys_admin = 1"),
                "user": try count("user WHERE is_sys_admin = 0"),
                "service": try count("service"), "role": try count("role"),
            ],
        ])
    }

    /// `/up`, the framework's own sign of life, is a page.
    static let up = Answer.page("Application up")

    /// `_spec`: what the service serves, as an OpenAPI document.
    static func spec(_ exchange: Exchange) -> Answer {
        let isBuiltIn = ["system", "user"].contains(exchange.call.service)
        let first = isBuiltIn ? exchange.call.service : "{database}"
        var paths: [String: JSONValue] = [:]
        for operation in Operation.all {
            let parts = operation.path.split(separator: "/").map(String.init)
            guard parts.first == first else { continue }
            let path = "/" + parts.dropFirst().joined(separator: "/")
            var verbs = paths[path]?.object ?? [:]
            for verb in operation.verbs {
                verbs[verb.rawValue.lowercased()] = ["responses": ["default": ["description": ""]]]
            }
            paths[path] = .object(verbs)
        }
        return Answer(body: [
            "openapi": "3.0.0",
            "info": ["title": .string(exchange.service?.name ?? ""), "version": "2.0"],
            "servers": [["url": .string("/api/v2/\(exchange.call.service)")]],
            "paths": .object(paths),
        ])
    }

    /// `DELETE system/cache`, which also forgets which tokens were ended; of one service it clears
    /// nothing that decides about access.
    static func clearCache(_ exchange: Exchange) throws -> Answer {
        if exchange.call.resource.count == 1 {
            try exchange.cache.clear()
        } else if let name = exchange.call.resource.last?.lowercased() {
            try exchange.cache.forget(prefix: "service:\(name):")
        }
        return .success
    }
}
