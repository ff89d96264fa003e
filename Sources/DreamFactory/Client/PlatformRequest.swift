import JSON

/// One call before it is sent: where to, with what, and what an empty answer means.
struct PlatformRequest {
    var call: PlatformCall
    var method: String
    /// The parts of the path, not encoded.
    var path: [String]
    var query: [QueryItem] = []
    var body: JSONValue?
    /// Where the path begins; all but one address are below the first.
    var root = "/api/v2"
    /// Whether an answer without content is one, as of a function that gives null.
    var mayBeEmpty = false

    var target: String {
        let path = path.map { "/" + Self.encoded($0, keeping: "-._~$") }.joined()
        guard !query.isEmpty else { return root + path }
        let items = query.map { item in
            Self.encoded(item.name, keeping: "-._~") + "="
                + Self.encoded(item.value, keeping: "-._~*,")
        }
        return root + path + "?" + items.joined(separator: "&")
    }

    private static func encoded(_ text: String, keeping marks: String) -> String {
        let kept = Set(marks.utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                bytes.append(byte)
            case _ where kept.contains(byte): bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
