import Digest

package import struct Foundation.Date

/// How a provider signs a body: where the signature stands, what is signed, and in what form.
package protocol SignatureScheme: Sendable {
    /// What the headers claim, in the strictest reading of their form.
    func claim(in headers: HeaderValues) throws(SignatureFailure) -> SignatureClaim

    /// The header fields that the provider would send with a body.
    func headers(
        for body: [UInt8],
        key: [UInt8],
        at time: Date
    ) -> [(name: String, value: String)]
}

/// The time and the signatures as items of one header, in hex: Stripe's form and Paddle's.
package struct ItemSignature: SignatureScheme {
    /// One signature a live secret; providers keep two while a secret is rolled.
    private static let candidateCountMax = 16

    /// The header field.
    let header: String
    /// What stands between two items.
    let separator: Unicode.Scalar
    /// The name of the time's item.
    let timeName: String
    /// The name of a signature's item; items of other names are passed over, since taking them
    /// would be a downgrade.
    let codeName: String
    /// What is signed between the time and the body.
    let joiner: String

    /// Reads the time and every signature.
    package func claim(in headers: HeaderValues) throws(SignatureFailure) -> SignatureClaim {
        let values = headers(header)
        guard let value = values.first else { throw .notSigned(header: header) }
        guard values.count == 1, let items = items(of: value) else {
            throw .invalidHeader(header: header)
        }
        let times = items.filter { $0.name == timeName }
        let codes = items.filter { $0.name == codeName }
        guard times.count == 1,
            codes.count <= Self.candidateCountMax,
            let timestamp = SignatureText.seconds(times[0].value)
        else { throw .invalidHeader(header: header) }
        return SignatureClaim(
            timestamp: timestamp,
            prefix: Array("\(times[0].value)\(joiner)".utf8),
            candidates: codes.compactMap { SignatureText.hexCode($0.value) }
        )
    }

    /// The one header.
    package func headers(
        for body: [UInt8],
        key: [UInt8],
        at time: Date
    ) -> [(name: String, value: String)] {
        let seconds = Int64(time.timeIntervalSince1970)
        let code = HMAC.authenticationCode(for: Array("\(seconds)\(joiner)".utf8) + body, key: key)
        let value = "\(timeName)=\(seconds)\(separator)\(codeName)=\(Hex.encode(code))"
        return [(header, value)]
    }

    /// The items, each with exactly one `=` and a name of lower-case letters, digits and `_`; nil
    /// where one is not of that form.
    private func items(of header: String) -> [(name: String, value: String)]? {
        var items: [(name: String, value: String)] = []
        for item in header.utf8.split(
            separator: UInt8(ascii: separator),
            omittingEmptySubsequences: false
        ) {
            let parts = item.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy(Self.isNameByte),
                let name = String(parts[0]), let value = String(parts[1])
            else { return nil }
            items.append((name, value))
        }
        return items
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// The signature of the body alone, in hex: Lemon Squeezy's form.
///
/// It signs no time, so that a captured request is valid for ever: the event's id must not be
/// something that the sender of a copy can choose.
package struct BodySignature: SignatureScheme {
    /// The header field.
    let header: String

    /// Makes the scheme for a header field.
    package init(header: String) { self.header = header }

    /// Reads the one signature.
    package func claim(in headers: HeaderValues) throws(SignatureFailure) -> SignatureClaim {
        let values = headers(header)
        guard let value = values.first else { throw .notSigned(header: header) }
        guard values.count == 1, let code = SignatureText.hexCode(value) else {
            throw .invalidHeader(header: header)
        }
        return SignatureClaim(timestamp: nil, prefix: [], candidates: [code])
    }

    /// The one header.
    package func headers(
        for body: [UInt8],
        key: [UInt8],
        at time: Date
    ) -> [(name: String, value: String)] {
        [(header, Hex.encode(HMAC.authenticationCode(for: body, key: key)))]
    }
}

/// The parts of a signature header, each in the one form that providers print.
enum SignatureText {
    /// Seconds have ten digits until the year 2286.
    private static let secondsDigitsMax = 12

    /// Seconds: digits, without a sign or leading zeros.
    static func seconds(_ text: String) -> Int64? {
        guard (1...secondsDigitsMax).contains(text.utf8.count), let value = Int64(text),
            value >= 0, String(value) == text
        else { return nil }
        return value
    }

    /// A signature in lower-case hex; one of another form matches nothing.
    static func hexCode(_ text: String) -> [UInt8]? {
        guard text.utf8.count == 2 * HMAC.byteCount, let bytes = Hex.decode(text),
            Hex.encode(bytes) == text
        else { return nil }
        return bytes
    }
}
