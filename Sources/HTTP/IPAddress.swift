import Glibc

/// A numeric IP address; an IPv4 address mapped into IPv6 is the IPv4 address (RFC 4291 §2.5.5.2).
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    let bits: UInt128
    let isVersion4: Bool

    private static let mapped: UInt128 = 0xFFFF << 32

    private init(bits: UInt128, isVersion4: Bool) {
        self.bits = bits
        self.isVersion4 = isVersion4
    }

    /// Reads an address in digits, without brackets and port; a zone (`%eth0`) is left out.
    package init?(_ text: some StringProtocol) {
        let digits = String(text.prefix { $0 != "%" })
        var version4 = in_addr()
        if inet_pton(AF_INET, digits, &version4) == 1 {
            self.init(bits: UInt128(UInt32(bigEndian: version4.s_addr)), isVersion4: true)
            return
        }
        var version6 = in6_addr()
        guard inet_pton(AF_INET6, digits, &version6) == 1 else { return nil }
        let bits = withUnsafeBytes(of: version6) { bytes in
            bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        }
        let isMapped = bits >> 32 == Self.mapped >> 32
        self.init(bits: isMapped ? bits & 0xFFFF_FFFF : bits, isVersion4: isMapped)
    }

    /// Who is held to account for it: the address itself, or the first 64 bits of an IPv6 address,
    /// of which one customer has all (RFC 6177).
    package var account: IPAddress {
        isVersion4 ? self : IPAddress(bits: (bits >> 64) << 64, isVersion4: false)
    }

    /// The address in digits.
    package var description: String {
        if isVersion4 {
            // Not by inet_ntop(3): every line of the log has one, and this allocates nothing.
            let octet = { (shift: Int) in String(UInt8(truncatingIfNeeded: bits >> shift)) }
            return octet(24) + "." + octet(16) + "." + octet(8) + "." + octet(0)
        }
        var characters = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        var address = bits.bigEndian
        inet_ntop(AF_INET6, &address, &characters, socklen_t(characters.count))
        let bytes = characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A block of addresses, written as `10.0.0.0/8`, `fd00::/8`, or an address alone (RFC 4632).
package struct IPNetwork: Sendable, Hashable {
    private let first: IPAddress
    private let shift: Int

    /// Reads a block; nil where it is none, or where bits beyond its prefix are set.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = IPAddress(parts[0]) else { return nil }
        let width = address.isVersion4 ? 32 : 128
        guard let prefix = parts.count == 1 ? width : Int(parts[1]), (0...width).contains(prefix)
        else { return nil }
        first = address
        shift = width - prefix
        guard shift == 128 ? first.bits == 0 : (first.bits >> shift) << shift == first.bits else {
            return nil
        }
    }

    /// Whether an address lies in the block.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.isVersion4 == first.isVersion4 else { return false }
        return shift == 128 || address.bits >> shift == first.bits >> shift
    }

    /// The addresses of this machine itself.
    package static let loopback = ["127.0.0.0/8", "::1"].compactMap { IPNetwork($0) }
}
