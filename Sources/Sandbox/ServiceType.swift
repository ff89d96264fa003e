import JSON

/// `system/service_type`: what services there can be.
struct ServiceType {
    let name: String
    let label: String
    let group: String
    let description: String

    static let all = types.map { name, label, group, description in
        ServiceType(name: name, label: label, group: group, description: description)
    }

    private var record: [String: JSONValue] {
        [
            "name": .string(name), "label": .string(label), "description": .string(description),
            "group": .string(group), "singleton": .bool(name == "system" || name == "user"),
            "dependencies_required": .null, "subscription_required": .null,
            "service_definition_editable": false, "config_schema": [],
        ]
    }

    static func list(_ exchange: Exchange) -> Answer {
        let call = exchange.call
        let group = call.option("group")
        let shown = all.filter { group == nil || $0.group == group }
        let fields = call.names("fields", "select") ?? ["*"]
        return .list(
            shown.map { type in
                .object(type.record.filter { fields.contains("*") || fields.contains($0.key) })
            }
        )
    }

    static func get(_ name: String) throws(Refusal) -> Answer {
        guard let type = all.first(where: { $0.name == name }) else {
            throw Refusal(404, "Service type '\(name)' not found.")
        }
        return Answer(body: .object(type.record))
    }
}

/// The types of services that an open-source install has.
private let types: [(String, String, String, String)] = [
    ("alloydb", "AlloyDB", "Database", "Database service supporting AlloyDB connections."),
    ("cache_local", "Local Cache", "Cache", "Local Cache service."),
    ("cache_memcached", "Memcached", "Cache", "Memcached Cache service."),
    ("cache_redis", "Redis", "Cache", "Redis Cache service."),
    ("ftp_file", "FTP File Storage", "File", "File service supporting the FTP protocol."),
    (
        "local_email", "Local Email Service", "Email",
        "Local email service using system configuration."
    ),
    ("local_file", "Local File Storage", "File", "File service supporting the local file system."),
    ("mailgun_email", "Mailgun", "Email", "Mailgun email service"),
    ("pgsql", "PostgreSQL", "Database", "Database service supporting PostgreSQL connections."),
    ("sftp_file", "SFTP File Storage", "File", "File service supporting the SFTP protocol."),
    ("smtp_email", "SMTP", "Email", "SMTP-based email service"),
    ("sqlite", "SQLite", "Database", "Database service supporting SQLite connections."),
    ("system", "System Management", "System", "Service supporting management of the system."),
    ("user", "User service", "User", "User service to allow user management."),
    ("webdav_file", "WebDAV File Storage", "File", "File service supporting WebDAV."),
]
