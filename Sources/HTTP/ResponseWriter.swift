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
    private static let okLine = Array("HTTP/1.1 200 OK\r\n".utf8)
    private static let lengthName = Array("Content-Length: ".utf8)
    private static let closeLine = Array("Connection: close\r\n".utf8)
    private static let keepAliveLine = Array("Connection: keep-alive\r\n".utf8)

    /// Appends an answer.
    ///
    /// Framing and connection are the server's: fields of those names that a handler set are left
    /// out, so that no handler can make an answer that could be read two ways. `standing` are the
    /// fields that it has unless the handler has set its own.
    mutating func append(
        _ response: HTTPResponse,
        toHead isHead: Bool,
        minorVersion: Int,
        keepsAlive: Bool,
        standing: StandingFields,
        into output: inout [UInt8]
    ) {
        if output.isEmpty { output.reserveCapacity(512 + response.body.count) }
        Self.appendStatusLine(response.status, into: &output)
        for field in response.headers.fields where !Self.isReserved(field.name) {
            Self.append(field, into: &output)
        }
        Self.append(standing, besides: response.headers, into: &output)
        if response.headers["Date"] == nil { appendDate(into: &output) }
        // 204 has no length and 304 would have that of another answer (RFC 9110 §8.6).
        let hasBody = response.status != 204 && response.status != 304
        if hasBody {
            output.append(contentsOf: Self.lengthName)
            Self.append(response.body.count, into: &output)
            Self.endLine(&output)
        }
        if !keepsAlive {
            output.append(contentsOf: Self.closeLine)
        } else if minorVersion == 0 {
            output.append(contentsOf: Self.keepAliveLine)
        }
        Self.endLine(&output)
        if hasBody, !isHead { output.append(contentsOf: response.body) }
    }

    private static func appendStatusLine(_ status: Int, into output: inout [UInt8]) {
        guard status != 200 else { return output.append(contentsOf: okLine) }
        let line = "HTTP/1.1 \(status) \(HTTPResponse.reasonPhrase(status))\r\n"
        output.append(contentsOf: line.utf8)
    }

    private static func append(
        _ standing: StandingFields,
        besides headers: HTTPHeaders,
        into output: inout [UInt8]
    ) {
        let isOwn = { (field: HTTPHeaders.Field) in headers[field.name] != nil }
        guard standing.fields.contains(where: isOwn) else {
            return output.append(contentsOf: standing.lines)
        }
        for field in standing.fields where !isOwn(field) { append(field, into: &output) }
    }

    private static func isReserved(_ name: String) -> Bool {
        name.isEqualIgnoringCase(to: "Content-Length")
            || name.isEqualIgnoringCase(to: "Transfer-Encoding")
            || name.isEqualIgnoringCase(to: "Connection")
    }

    /// A control character in a field would let its value begin another line; it becomes a space
    /// (RFC 9110 §5.5).
    static func append(_ field: HTTPHeaders.Field, into output: inout [UInt8]) {
        let start = output.count
        output.append(contentsOf: field.name.utf8)
        let colon = output.count
        output.append(UInt8(ascii: ":"))
        output.append(.space)
        output.append(contentsOf: field.value.utf8)
        let end = output.count
        endLine(&output)
        output.withUnsafeMutableBufferPointer { bytes in
            for index in start..<colon where !bytes[index].isToken {
                bytes[index] = UInt8(ascii: "-")
            }
            for index in colon + 2..<end where !bytes[index].isFieldContent {
                bytes[index] = .space
            }
        }
    }

    private static func endLine(_ output: inout [UInt8]) {
        output.append(.carriageReturn)
        output.append(.lineFeed)
    }

    /// A number that is not negative, in digits.
    private static func append(_ number: Int, into output: inout [UInt8]) {
        let start = output.count
        var rest = number
        repeat {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        output[start...].reverse()
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
