/// A request target read and normalised (RFC 9112 §3.2, RFC 3986 §3).
struct RequestTarget: Sendable, Equatable {
    var path: String
    var query: [HTTPQueryItem]
    /// The authority of an absolute-form target; it overrides the Host field (RFC 9112 §3.2.2).
    var authority: String?

    init(path: String, query: [HTTPQueryItem], authority: String?) {
        self.path = path
        self.query = query
        self.authority = authority
    }

    init(_ target: ArraySlice<UInt8>, method: String) throws(HTTPRequestError) {
        guard target.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !target.contains(UInt8(ascii: "#"))
        else { throw HTTPRequestError(400, "byte not allowed in a target (RFC 3986 §2)") }
        if method == "CONNECT" {
            throw HTTPRequestError(501, "CONNECT is not served (RFC 9110 §9.3.6)")
        }
        if target.elementsEqual("*".utf8) {
            guard method == "OPTIONS" else {
                throw HTTPRequestError(400, "asterisk-form without OPTIONS (RFC 9112 §3.2.4)")
            }
            self.init(path: "*", query: [], authority: nil)
            return
        }
        var rest = target
        var authority: String?
        if target.first != UInt8(ascii: "/") {
            (authority, rest) = try Self.absoluteForm(target)
        }
        let mark = rest.firstIndex(of: UInt8(ascii: "?"))
        self.init(
            path: try Self.normalizedPath(rest[..<(mark ?? rest.endIndex)]),
            query: try mark.map { at throws(HTTPRequestError) in
                try Self.items(rest[rest.index(after: at)...])
            } ?? [],
            authority: authority
        )
    }

    /// Splits `http://authority/path?query`; a server must accept this form (RFC 9112 §3.2.2).
    private static func absoluteForm(
        _ target: ArraySlice<UInt8>
    ) throws(HTTPRequestError) -> (String, ArraySlice<UInt8>) {
        for scheme in ["http://", "https://"] {
            let prefix = target.prefix(scheme.utf8.count)
            guard prefix.elementsEqual(scheme.utf8, by: { $0.lowercased == $1 }) else { continue }
            let rest = target[prefix.endIndex...]
            let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
            let authority = rest[..<(end ?? rest.endIndex)]
            guard !authority.isEmpty, isAuthority(authority) else { break }
            return (String(decoding: authority, as: UTF8.self), rest[authority.endIndex...])
        }
        throw HTTPRequestError(400, "target in no form of RFC 9112 §3.2")
    }

    /// Whether these bytes can be `host [":" port]` (RFC 9110 §7.2); user information is refused.
    static func isAuthority(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        var host = bytes[...]
        if let colon = host.lastIndex(of: UInt8(ascii: ":")),
            !host[colon...].contains(UInt8(ascii: "]"))
        {
            guard host[host.index(after: colon)...].allSatisfy(\.isDigit) else { return false }
            host = host[..<colon]
        }
        if host.first == UInt8(ascii: "[") {
            guard host.last == UInt8(ascii: "]"), host.count > 2 else { return false }
            return host.dropFirst().dropLast().allSatisfy {
                $0.hexadecimalValue != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
        }
        return host.allSatisfy(\.isRegisteredName)
    }

    /// Decodes once, then removes dot segments (RFC 3986 §5.2.4).
    ///
    /// An encoded slash, a backslash and a climb above the root are refused, since another program
    /// on the way may read them as a different path.
    private static func normalizedPath(
        _ raw: ArraySlice<UInt8>
    ) throws(HTTPRequestError) -> String {
        if raw.isEmpty { return "/" }
        let isPlain = raw.allSatisfy { $0 != UInt8(ascii: "%") && $0 != UInt8(ascii: "\\") }
        if isPlain, !hasDotSegment(raw) { return String(decoding: raw, as: UTF8.self) }

        var segments: [ArraySlice<UInt8>] = []
        let parts = raw.dropFirst().split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        )
        for (position, part) in parts.enumerated() {
            let segment = try decoded(part, plusIsSpace: false)
            if segment.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }) {
                throw HTTPRequestError(400, "slash hidden in a path segment (RFC 3986 §2.2)")
            }
            let isLast = position == parts.count - 1
            if segment.elementsEqual(".".utf8) {
                if isLast { segments.append([]) }
            } else if segment.elementsEqual("..".utf8) {
                guard segments.popLast() != nil else {
                    throw HTTPRequestError(400, "path climbs above the root (RFC 3986 §5.2.4)")
                }
                if isLast { segments.append([]) }
            } else {
                segments.append(segment[...])
            }
        }
        return try text([UInt8(ascii: "/")] + segments.joined(separator: [UInt8(ascii: "/")]))
    }

    private static func hasDotSegment(_ raw: ArraySlice<UInt8>) -> Bool {
        var previous: UInt8 = 0
        for byte in raw {
            if byte == UInt8(ascii: "."), previous == UInt8(ascii: "/") { return true }
            previous = byte
        }
        return false
    }

    private static func items(
        _ raw: ArraySlice<UInt8>
    ) throws(HTTPRequestError) -> [HTTPQueryItem] {
        var items: [HTTPQueryItem] = []
        for pair in raw.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = try decoded(pair[..<equals], plusIsSpace: true)
            let value = try decoded(pair[equals...].dropFirst(), plusIsSpace: true)
            items.append(HTTPQueryItem(name: try text(name), value: try text(value)))
        }
        return items
    }

    private static func decoded(
        _ raw: ArraySlice<UInt8>,
        plusIsSpace: Bool
    ) throws(HTTPRequestError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        var index = raw.startIndex
        while index < raw.endIndex {
            let byte = raw[index]
            index += 1
            if byte == UInt8(ascii: "+"), plusIsSpace {
                bytes.append(.space)
            } else if byte == UInt8(ascii: "%") {
                guard index + 1 < raw.endIndex, let high = raw[index].hexadecimalValue,
                    let low = raw[index + 1].hexadecimalValue
                else { throw HTTPRequestError(400, "broken percent-encoding (RFC 3986 §2.1)") }
                bytes.append(high << 4 | low)
                index += 2
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    private static func text(_ bytes: [UInt8]) throws(HTTPRequestError) -> String {
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw HTTPRequestError(400, "encoded bytes that are no text (RFC 3986 §2.5)")
        }
        return text
    }
}
