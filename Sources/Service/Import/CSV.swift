/// A text of comma-separated values (RFC 4180), record by record.
struct CSV {
    /// One record and the line of the text on which it begins, counted from 1.
    struct Record: Hashable, Sendable {
        /// The line of the text on which it begins, counted from 1.
        let line: Int
        /// Its fields.
        let fields: [String]

        /// Makes a record.
        init(line: Int, fields: [String]) {
            self.line = line
            self.fields = fields
        }
    }

    /// Why a text cannot be read on.
    struct Fault: Error, Hashable {
        let line: Int
        let sentence: String
    }

    /// The records, without empty lines; a mark of byte order at the beginning is passed over.
    ///
    /// A fault ends the reading, since nobody can tell what the rest means.
    static func records(_ bytes: some Collection<UInt8>) -> (records: [Record], fault: Fault?) {
        var reader = Reader(Array(bytes))
        var records: [Record] = []
        do throws(Fault) {
            while let record = try reader.next() {
                if record.fields != [""] { records.append(record) }
            }
        } catch {
            return (records, error)
        }
        return (records, nil)
    }

    private struct Reader {
        private let bytes: [UInt8]
        private var position = 0
        private var line = 1

        private static let quote = UInt8(ascii: "\"")
        private static let comma = UInt8(ascii: ",")
        private static let lineFeed = UInt8(ascii: "\n")
        private static let carriageReturn = UInt8(ascii: "\r")

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        }

        private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

        mutating func next() throws(Fault) -> Record? {
            guard current != nil else { return nil }
            let start = line
            var fields: [String] = []
            while true {
                fields.append(try field())
                switch current {
                case Self.comma?: position += 1
                case Self.carriageReturn?:
                    position += 1
                    if current == Self.lineFeed { position += 1 }
                    line += 1
                    return Record(line: start, fields: fields)
                case Self.lineFeed?:
                    position += 1
                    line += 1
                    return Record(line: start, fields: fields)
                default: return Record(line: start, fields: fields)
                }
            }
        }

        private mutating func field() throws(Fault) -> String {
            guard current == Self.quote else { return try plain() }
            let start = line
            position += 1
            var content: [UInt8] = []
            while let byte = current {
                position += 1
                if byte == Self.lineFeed { line += 1 }
                guard byte == Self.quote else {
                    content.append(byte)
                    continue
                }
                guard current == Self.quote else { return try text(content, endingAt: start) }
                position += 1
                content.append(byte)
            }
            throw Fault(line: start, sentence: "A quote is opened and never closed.")
        }

        /// The content of a field in quotes, after which only its end may come.
        private func text(_ content: [UInt8], endingAt line: Int) throws(Fault) -> String {
            let ends = [Self.comma, Self.lineFeed, Self.carriageReturn]
            guard current.map(ends.contains) ?? true else {
                throw Fault(line: line, sentence: "Something stands between a quote and a comma.")
            }
            return try decoded(content)
        }

        private mutating func plain() throws(Fault) -> String {
            let start = position
            while let byte = current, byte != Self.comma, byte != Self.lineFeed,
                byte != Self.carriageReturn
            {
                guard byte != Self.quote else {
                    throw Fault(line: line, sentence: "A quote stands inside a field without any.")
                }
                position += 1
            }
            return try decoded(Array(bytes[start..<position]))
        }

        private func decoded(_ content: [UInt8]) throws(Fault) -> String {
            guard let text = String(validating: content, as: UTF8.self) else {
                throw Fault(line: line, sentence: "The text is not UTF-8.")
            }
            return text
        }
    }
}
