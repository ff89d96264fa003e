/// Who stands behind the proxies that are trusted, as `Forwarded` (RFC 7239) or `X-Forwarded-For`
/// say.
struct ForwardedFor {
    let trusted: [IPNetwork]

    func isTrusted(_ address: IPAddress) -> Bool {
        trusted.contains { $0.contains(address) }
    }

    /// The last address, seen from us, that is no trusted proxy.
    ///
    /// A trusted proxy adds at the end; whatever stands before that may have been sent by anybody
    /// (RFC 7239 §8.1). A proxy that writes one of the two fields may pass the other on as it came,
    /// so where they differ neither is believed and the proxy itself is the client.
    func client(of peer: IPAddress, headers: HTTPHeaders) -> IPAddress {
        guard !trusted.isEmpty, isTrusted(peer) else { return peer }
        let forwarded = headers.values("Forwarded")
        let plain = headers.values("X-Forwarded-For")
        if forwarded.isEmpty { return last(Self.plainNodes(plain), from: peer) }
        let client = last(Self.nodes(forwarded), from: peer)
        guard plain.isEmpty || last(Self.plainNodes(plain), from: peer) == client else {
            return peer
        }
        return client
    }

    private func last(_ nodes: [IPAddress?], from peer: IPAddress) -> IPAddress {
        var client = peer
        for node in nodes.reversed() {
            // `unknown` and obfuscated nodes (RFC 7239 §6.2, §6.3) end what can be known.
            guard let node else { return client }
            client = node
            guard isTrusted(node) else { return client }
        }
        return client
    }

    private static func plainNodes(_ values: [String]) -> [IPAddress?] {
        values.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
            .map { node(Array($0.utf8).trimmingSpace()) }
    }

    /// The `for` of each element (RFC 7239 §4).
    private static func nodes(_ values: [String]) -> [IPAddress?] {
        values.flatMap { value -> [IPAddress?] in
            split(Array(value.utf8)[...], at: UInt8(ascii: ",")).map { element in
                let pairs = split(element, at: UInt8(ascii: ";")).map { $0.trimmingSpace() }
                let values = pairs.compactMap { pair -> ArraySlice<UInt8>? in
                    let name = pair.prefix { $0 != UInt8(ascii: "=") }
                    guard name.map(\.lowercased) == Array("for".utf8) else { return nil }
                    return pair[name.endIndex...].dropFirst()
                }
                guard values.count == 1, let value = values.first else { return nil }
                return node(unquoted(value)[...])
            }
        }
    }

    /// Cuts outside of quoted strings.
    private static func split(_ bytes: ArraySlice<UInt8>, at mark: UInt8) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        var isQuoted = false
        var isEscaped = false
        for index in bytes.indices {
            let byte = bytes[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if !isQuoted, byte == mark {
                parts.append(bytes[start..<index])
                start = index + 1
            }
        }
        return parts + [bytes[start...]]
    }

    private static func unquoted(_ value: ArraySlice<UInt8>) -> [UInt8] {
        guard value.count >= 2, value.first == UInt8(ascii: "\""), value.last == value.first else {
            return Array(value)
        }
        return value.dropFirst().dropLast().filter { $0 != UInt8(ascii: "\\") }
    }

    /// An address, with or without brackets and port.
    private static func node(_ text: ArraySlice<UInt8>) -> IPAddress? {
        var host = text
        if host.first == UInt8(ascii: "[") {
            guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let port = host[(end + 1)...]
            guard port.isEmpty || isPort(port) else { return nil }
            host = host[..<end].dropFirst()
        } else if let colon = host.firstIndex(of: UInt8(ascii: ":")), isPort(host[colon...]) {
            host = host[..<colon]
        }
        return IPAddress(String(decoding: host, as: UTF8.self))
    }

    /// A colon and digits; the only colon, so that no IPv6 address is cut.
    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.first == UInt8(ascii: ":") && bytes.count > 1
            && bytes.dropFirst().allSatisfy(\.isDigit)
    }
}
