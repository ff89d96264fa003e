import JSON

/// Reads answers and writes bodies, with the call's name on what goes wrong.
enum Answer {
    static func page<Row: Decodable & Sendable>(
        _ call: PlatformCall,
        _ json: JSONValue
    ) throws(PlatformError) -> Page<Row> {
        guard let rows = Wire.rows(json, as: Row.self) else {
            throw PlatformError(call, .unreadable(status: 200))
        }
        return Page(rows: rows, meta: json["meta"])
    }

    static func one<Row: Decodable>(
        _ call: PlatformCall,
        _ json: JSONValue
    ) throws(PlatformError) -> Row {
        guard let row = Wire.decode(json, as: Row.self) else {
            throw PlatformError(call, .unreadable(status: 200))
        }
        return row
    }

    /// The only answer of a call that gives nothing.
    static func success(_ call: PlatformCall, _ json: JSONValue) throws(PlatformError) {
        guard json["success"]?.bool == true else {
            throw PlatformError(call, .unreadable(status: 200))
        }
    }

    /// A record as a JSON object; a bare value or a list would be taken for no record at all.
    static func body(
        _ call: PlatformCall,
        _ record: some Encodable
    ) throws(PlatformError) -> JSONValue {
        guard let body = try? Wire.encode(record), let members = body.object, !members.isEmpty,
            // Wrapped, the change of one record would be answered with success and not done.
            !(members.count == 1 && members["resource"] != nil)
        else { throw PlatformError(call, .hazardous(.nothingNamed)) }
        return body
    }
}

extension Array {
    /// The ids as a parameter; none at all is refused.
    func items<Record>(
        _ call: PlatformCall
    ) throws(PlatformError) -> [QueryItem] where Element == RecordID<Record> {
        guard !isEmpty else { throw PlatformError(call, .hazardous(.nothingNamed)) }
        return [QueryItem("ids", map(\.description).joined(separator: ","))]
    }
}

extension RecordID: Decodable {
    /// Decodes a number that can be an id.
    package init(from decoder: any Decoder) throws {
        let number = try decoder.singleValueContainer().decode(Int64.self)
        guard let id = RecordID(number) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "An id is positive.")
            )
        }
        self = id
    }
}

extension RecordID: Encodable {
    /// Encodes the number.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
