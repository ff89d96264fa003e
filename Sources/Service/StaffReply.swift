package import JSON

/// What a staff operation came to: the same over the staff socket and in process.
package struct StaffReply: Sendable, Equatable {
    /// The exit codes of staff commands.
    package enum Exit: Int32, Sendable {
        case done = 0
        case failed = 1
        case usage = 2
        case notFound = 3
        case notYetProved = 4
        case refused = 5
    }

    /// How it ended.
    package var exit: Exit
    /// One sentence for people, where there is one to say.
    package var message: String?
    /// What there is to show.
    package var body: JSONValue

    /// Makes a reply.
    package init(_ exit: Exit, _ message: String? = nil, body: JSONValue = [:]) {
        self.exit = exit
        self.message = message
        self.body = body
    }

    /// The reply as it travels over the staff socket.
    package var wire: JSONValue {
        [
            "exit": .integer(Int64(exit.rawValue)),
            "message": message.map(JSONValue.string) ?? nil, "body": body,
        ]
    }

    /// Reads a reply from the staff socket; nil for anything else.
    package init?(wire: JSONValue) {
        guard let code = wire["exit"]?.int.flatMap(Int32.init(exactly:)),
            let exit = Exit(rawValue: code), let body = wire["body"]
        else { return nil }
        self.init(exit, wire["message"]?.string, body: body)
    }
}

/// What staff ask for: an operation such as `keys/revoke` and its arguments.
package struct StaffRequest: Sendable {
    /// The operation, as noun and verb.
    package let operation: String
    /// Its arguments by name.
    package let arguments: JSONValue
    /// Who asks, for the audit: `staff:` and a name.
    package let actor: String

    /// Makes a request.
    package init(_ operation: String, _ arguments: JSONValue, actor: String) {
        self.operation = operation
        self.arguments = arguments
        self.actor = actor
    }
}
