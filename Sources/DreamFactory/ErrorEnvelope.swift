import JSON

/// The platform's error in any of its three shapes: its own exception, PHP's, and Laravel's.
struct ErrorEnvelope {
    /// `error.code` where it is a number.
    var code: Int?
    /// The message; it may hold SQL with values and is only ever compared, never shown.
    var message: String
    /// Whether it came with a context, as the platform's own exceptions do.
    var hasContext: Bool
    /// What became of each record of a batch.
    var entries: [JSONValue]?
    /// The ids that the context lists, as of exceeded limits.
    var contextIDs: [Int64]

    /// The codes of the single failures of a batch, numbers as text.
    var entryCodes: [String] { (entries ?? []).compactMap(Self.code) }

    /// The message and those of the entries of a batch.
    var messages: [String] { [message] + (entries ?? []).compactMap { $0["message"]?.string } }

    /// Reads an answer's content, or gives nil where it is none of the three shapes.
    init?(_ body: [UInt8]) {
        guard let json = try? JSONValue(parsing: body) else { return nil }
        if let error = json["error"] {
            guard let message = error["message"]?.string else { return nil }
            code = error["code"]?.int
            self.message = message
            hasContext = error.object?.keys.contains("context") ?? false
            entries = error.at("context", "resource")?.array
            contextIDs = error["context"]?.array?.compactMap { $0["id"]?.integer } ?? []
        } else {
            guard let message = json["message"]?.string else { return nil }
            self.message = message
            hasContext = false
            entries = nil
            contextIDs = []
        }
    }

    /// The code of a failed entry, a number as text.
    static func code(_ entry: JSONValue) -> String? {
        entry["code"]?.string ?? entry["code"]?.int.map(String.init)
    }
}
