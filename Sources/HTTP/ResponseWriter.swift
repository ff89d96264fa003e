import Foundation

/// Writes answers as bytes (RFC 9112 §4, §5 and §6).
struct ResponseWriter {
    private let now: @Sendable () -> Date
    private var dateSecond = -1
    private var dateLine: [UInt8] = []

    init(now: @escaping @Sendable () -> Date) {
        self.now = now
    }

    static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// Appends an answer.
    ///
    /// Framing and connection are the server's: fields of those names that a handler set are left
    /// out, so that no handler can make an answer that could be read two ways.
    mutating func append(
        _ response: HTTPResponse,
        toHead isHead: Bool,
        minorVersion: Int,
        keepsAlive: Bool,
        into output: inout [UInt8]
    ) {
        output.append(contentsOf: "HTTP/1.1 \(response.status) ".utf8)
        output.append(contentsOf: HTTPResponse.reasonPhrase(response.status).utf8)
        output.append(contentsOf: "\r\n".utf8)
        for field in response.headers.fields where !Self.isReserved(field.name) {
            Self.append(field, into: &output)
        }
        if response.headers["Date"] == nil { appendDate(into: &output) }
        // 204 has no length and 304 would have that of another answer (RFC 9110 §8.6).
        let hasBody = response.status != 204 && response.status != 304
        if hasBody { output.append(contentsOf: "Content-Length: \(response.body.count)\r\n".utf8) }
        if !keepsAlive {
            output.append(contentsOf: "Connection: close\r\n".utf8)
        } else if minorVersion == 0 {
            output.append(contentsOf: "Connection: keep-alive\r\n".utf8)
        }
        output.append(contentsOf: "\r\n".utf8)
        if hasBody, !isHead { output.append(contentsOf: response.body) }
    }

    private static func isReserved(_ name: String) -> Bool {
        name.isEqualIgnoringCase(to: "Content-Length")
            || name.isEqualIgnoringCase(to: "Transfer-Encoding")
            || name.isEqualIgnoringCase(to: "Connection")
    }

    /// A control character in a field would let its value begin another line; it becomes a space
    /// (RFC 9110 §5.5).
    private static func append(_ field: HTTPHeaders.Field, into output: inout [UInt8]) {
        output.append(contentsOf: field.name.utf8.lazy.map { $0.isToken ? $0 : UInt8(ascii: "-") })
        output.append(contentsOf: ": ".utf8)
        output.append(contentsOf: field.value.utf8.lazy.map { $0.isFieldContent ? $0 : .space })
        output.append(contentsOf: "\r\n".utf8)
    }

    private mutating func appendDate(into output: inout [UInt8]) {
        let second = Int(now().timeIntervalSince1970.rounded(.down))
        if second != dateSecond {
            dateSecond = second
            dateLine = Array("Date: \(HTTPDate.text(unixSeconds: second))\r\n".utf8)
        }
        output.append(contentsOf: dateLine)
    }
}
