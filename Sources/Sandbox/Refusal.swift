import JSON

/// Why the platform refuses a call, in its own status, code and words.
struct Refusal: Error {
    /// The three shapes in which the platform writes an error.
    enum Envelope {
        /// Its own exceptions: code, context, message and status code.
        case platform
        /// Other PHP exceptions: code and message.
        case exception
        /// The framework's own page, a message without an `error` around it.
        case framework
    }

    var status: Int
    var code: JSONValue
    var context: JSONValue
    var message: String
    var envelope: Envelope
    var headers: [(name: String, value: String)] = []

    init(
        _ status: Int,
        _ message: String,
        code: JSONValue? = nil,
        context: JSONValue = .null,
        envelope: Envelope = .platform
    ) {
        self.status = status
        self.code = code ?? .integer(Int64(status))
        self.context = context
        self.message = message
        self.envelope = envelope
    }

    /// The refusal as one entry of a batch error, without the `error` around it.
    var entry: JSONValue {
        let message = JSONValue.string(Refusal.escaped(message))
        return switch envelope {
        case .platform:
            [
                "code": code, "context": context, "message": message,
                "status_code": .integer(Int64(status)),
            ]
        case .exception: ["code": code, "message": message]
        case .framework: ["message": message]
        }
    }

    var answer: Answer {
        let body = envelope == .framework ? entry : ["error": entry]
        return Answer(status: status, headers: headers, body: body)
    }

    /// The platform encodes what is special in HTML, double quotes but not single ones.
    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
    }
}

// MARK: - The platform's words

extension Refusal {
    static let noRecords = Refusal(
        400,
        "No record(s) detected in request. Please make sure record(s) are wrapped in a 'resource' "
            + "tag. Example: {\"resource\":[{\"record\":1},{\"record\":2}]}"
    )
    static let nothingToDelete = Refusal(400, "No filter or records given for delete request.")
    static let createByIdentifier = Refusal(
        400,
        "Create record by identifier not currently supported."
    )
    static let noCredentials = Refusal(
        400,
        "No session token (JWT) or API Key detected in request. Please send in "
            + "X-DreamFactory-Session-Token and/or X-DreamFactory-API-Key request header. You can "
            + "also use URL query parameters session_token and/or api_key."
    )
    static let noToken = Refusal(
        400,
        "No session token (JWT) provided. Please provide a valid JWT using "
            + "X-DreamFactory-Session-Token request header or 'session_token' url query parameter."
    )
    static let noKey = Refusal(
        400,
        "No API Key provided. Please provide a valid API Key using X-DreamFactory-API-Key request "
            + "header or 'api_key' url query parameter."
    )
    static let notAuthenticated = Refusal(401, "Unauthorized. User is not authenticated.")
    static let wrongCredentials = Refusal(401, "Invalid credentials supplied.")
    static let inactiveApp = Refusal(403, "App is not active.")
    static let inactiveRole = Refusal(
        403,
        "Access Forbidden. The role assigned to you or your application or the default role of "
            + "your application is not active."
    )
    static let noRole = Refusal(
        403,
        "Role not found. A role may not be assigned to you or your application."
    )
    static let serverError = Refusal(500, "Server Error", envelope: .framework)

    /// The sandbox sends no mail, and says what the platform says where it cannot either.
    static func noMail(_ what: String) -> Refusal {
        Refusal(
            500,
            what + "Connection to \"process /usr/sbin/sendmail -bs\" has been closed unexpectedly."
        )
    }

    static func withoutResource(_ verb: Verb, _ name: String) -> Refusal {
        Refusal(
            400,
            "\(verb.rawValue) requests without a resource are not currently supported by the "
                + "'\(name)' service."
        )
    }

    static func notFound(_ id: String) -> Refusal {
        Refusal(404, "Record with identifier '\(id)' not found.")
    }

    static func invalid(_ complaints: [(field: String, text: String)]) -> Refusal {
        var fields: [String: JSONValue] = [:]
        for (field, text) in complaints {
            fields[field] = .array((fields[field]?.array ?? []) + [.string(text)])
        }
        let text = complaints.map(\.text).joined(separator: " ")
        return Refusal(400, "Invalid data supplied. \(text)", context: .object(fields))
    }

    /// The same failure through `PATCH /x/{id}`: always 500, and the cause only in the text.
    var asFailedUpdate: Refusal {
        status == 404 ? self : Refusal(500, "Failed to update resource: \(message)")
    }

    static func undefinedKey(_ key: String) -> Refusal {
        Refusal(500, "Undefined array key \(key)", envelope: .exception)
    }
}
