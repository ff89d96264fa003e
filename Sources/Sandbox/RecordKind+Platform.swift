import JSON

/// The kinds of records that the platform's System API serves.
extension RecordKind {
    private static let dates: [Column] = [
        .server("created_date", .date), .server("last_modified_date", .date),
    ]
    private static let authors: [Column] = [
        .server("created_by_id", .integer), .server("last_modified_by_id", .integer),
    ]
    private static let id: [Column] = [.server("id", .integer)]

    static let role = RecordKind(
        name: "role",
        table: "role",
        model: "Role",
        columns: id + [.text("name"), .text("description"), .boolean("is_active")] + dates
            + authors,
        relations: [
            "role_service_access_by_role_id": Relation(
                kind: .hasMany,
                table: "role_service_access",
                key: "role_id"
            ),
            "app_by_role_id": Relation(kind: .hasMany, table: "app", key: "role_id"),
            "lookup_by_role_id": Relation(kind: .hasMany, table: nil, key: "role_id"),
        ],
        complaints: { values, isNew in nameComplaints(values, isNew) },
        prepared: { values in
            var values = values
            // A longer one is cut without a word.
            if let text = values["description"]?.string {
                values["description"] = .string(String(text.prefix(255)))
            }
            return values
        }
    )

    static let access = RecordKind(
        name: "role_service_access",
        table: "role_service_access",
        model: "RoleServiceAccess",
        columns: id + [
            .integer("role_id"), .integer("service_id"), .text("component"),
            .integer("verb_mask"), .integer("requestor_mask"), .json("filters"),
            .text("filter_op"),
        ] + dates + authors
    )

    static let app = RecordKind(
        name: "app",
        table: "app",
        model: "App",
        columns: id + [
            .text("name"), .text("api_key"), .text("description"), .boolean("is_active"),
            .integer("type"), .text("path"), .text("url"), .integer("storage_service_id"),
            .text("storage_container"), .boolean("requires_fullscreen"),
            .boolean("allow_fullscreen_toggle"), .text("toggle_location"), .integer("role_id"),
        ] + dates + authors,
        relations: [
            "role_by_role_id": Relation(kind: .belongsTo, table: "role", key: "role_id")
        ],
        computed: ["launch_url": ""],
        complaints: { values, isNew in keyComplaints(values, isNew) }
    )

    static let service = RecordKind(
        name: "service",
        table: "service",
        model: "Service",
        columns: id + [
            .text("name"), .text("label"), .text("description"), .boolean("is_active"),
            .text("type"), .server("mutable", .boolean), .server("deletable", .boolean),
        ] + dates + authors + [.json("config")],
        relations: [
            "service_doc_by_service_id": Relation(
                kind: .hasMany,
                table: nil,
                key: "service_id"
            ),
            "role_service_access_by_service_id": Relation(
                kind: .hasMany,
                table: "role_service_access",
                key: "service_id"
            ),
        ],
        unselectable: ["config"],
        complaints: { values, _ in
            let name = values["name"]?.string ?? ""
            let isPlain = name.allSatisfy { character in
                character.isASCII
                    && (character.isLetter || character.isNumber || "_-".contains(character))
            }
            guard !isPlain else { return [] }
            let text = "Service name should only contain letters, numbers, underscores and dashes."
            return [("name", text)]
        }
    )

    static let limit = RecordKind(
        name: "limit",
        table: "limits",
        model: "Limit",
        columns: id + [
            .text("type"), .text("key_text"), .integer("rate"), .integer("period"),
            .integer("user_id"), .integer("role_id"), .integer("service_id"), .text("name"),
            .text("description"), .boolean("is_active"),
        ] + dates + [.text("endpoint"), .text("verb")],
        relations: [
            "role_by_role_id": Relation(kind: .belongsTo, table: "role", key: "role_id"),
            "service_by_service_id": Relation(
                kind: .belongsTo,
                table: "service",
                key: "service_id"
            ),
        ],
        hasAuthors: false
    )

    static let user = RecordKind.person("user", model: "User", isAdmin: false)
    static let admin = RecordKind.person("admin", model: "User", isAdmin: true)

    private static func person(_ name: String, model: String, isAdmin: Bool) -> RecordKind {
        let texts = ["name", "first_name", "last_name", "username", "email", "phone"]
        return RecordKind(
            name: name,
            table: "user",
            model: model,
            columns: id + texts.map { .text($0) } + [
                .boolean("is_active"), .text("security_question"), .integer("default_app_id"),
                Column(name: "password", kind: .secret, isWritable: true),
                Column(name: "security_answer", kind: .secret, isWritable: true),
                .server("last_login_date", .text),
            ] + dates + authors,
            relations: [
                "user_to_app_to_role_by_user_id": Relation(
                    kind: .hasMany,
                    table: "user_to_app_to_role",
                    key: "user_id"
                ),
                "lookup_by_user_id": Relation(kind: .hasMany, table: nil, key: "user_id"),
            ],
            computed: ["confirmed": true, "expired": false],
            scope: ["is_sys_admin": .bool(isAdmin)],
            unselectable: ["password", "security_answer", "confirm_code", "is_sys_admin"],
            complaints: { values, isNew in personComplaints(values, isNew) }
        )
    }

    static let assignment = RecordKind(
        name: "user_to_app_to_role",
        table: "user_to_app_to_role",
        model: "UserAppRole",
        columns: id + [.integer("user_id"), .integer("app_id"), .integer("role_id")],
        hasAuthors: false,
        hasDates: false
    )

    private static func personComplaints(
        _ values: [String: JSONValue],
        _ isNew: Bool
    ) -> [(String, String)] {
        var complaints: [(String, String)] = []
        if isNew {
            complaints += nameComplaints(values, isNew)
            if values["email"]?.string?.contains("@") != true {
                complaints.append(("email", "The email field must be a valid email address."))
            }
            if (values["username"]?.string?.count ?? 0) < 6 {
                complaints.append(("username", "The username field must be at least 6 characters."))
            }
        }
        if let password = values["password"]?.string, password.count < 16 {
            let text = "The password field must be at least 16 characters."
            complaints.append(("password", text))
        }
        return complaints
    }

    private static func nameComplaints(
        _ values: [String: JSONValue],
        _ isNew: Bool
    ) -> [(String, String)] {
        guard isNew || values.keys.contains("name") else { return [] }
        let isMissing = values["name"]?.string?.isEmpty ?? true
        return isMissing ? [("name", "The name field is required.")] : []
    }

    private static func keyComplaints(
        _ values: [String: JSONValue],
        _ isNew: Bool
    ) -> [(String, String)] {
        guard let value = values["api_key"] else { return [] }
        let key = value.string ?? ""
        if key.isEmpty, isNew { return [] }
        var complaints: [(String, String)] = []
        if key.count < 64 {
            complaints.append(("api_key", "The api key field must be at least 64 characters."))
        }
        let isPlain = key.allSatisfy { $0.isLetter || $0.isNumber }
        if !isPlain || key.isEmpty {
            let text = "The api key field must only contain letters and numbers."
            complaints.append(("api_key", text))
        }
        return complaints
    }
}
