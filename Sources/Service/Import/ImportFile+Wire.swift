package import JSON
import Subscriptions

/// A file as a command reads it and sends it on, a page at a time.
extension ImportFile {
    /// Reads a file that may name any provider; whether one is set up, the server knows.
    package init(parsing bytes: [UInt8]) {
        self.init(parsing: bytes, providers: Set(KnownProvider.all.map(\.provider)))
    }

    /// How many lines can be read.
    package var count: Int { records.count }

    /// Some of the lines as arguments of the operation.
    package func page(_ range: Range<Int>) -> [String: JSONValue] {
        let rows = records[range].map { record -> JSONValue in
            [
                "line": .integer(Int64(record.line)),
                "fields": .array(record.fields.map(JSONValue.string)),
            ]
        }
        return ["columns": .array(names.map(JSONValue.string)), "records": .array(rows)]
    }

    /// The lines that cannot be read.
    package var refused: [JSONValue] { refusals.map(\.json) }
}

extension ImportRefusal {
    var json: JSONValue { ["line": .integer(Int64(line)), "sentence": .string(sentence)] }
}
