import Digest
import JSON
import Subscriptions

package import struct Foundation.Date

/// The signatures of Standard Webhooks 1.0.0, symmetric (`v1`): the id, the time and the body are
/// signed, each header field has its own prefix.
///
/// The asymmetric form (`v1a`, Ed25519) is passed over like every other version.
package struct StandardSignature: SignatureScheme {
    /// One signature a live secret; senders keep two while a secret is rolled.
    private static let candidateCountMax = 16

    /// What the names of the three header fields may begin with; the first under which anything
    /// stands counts, so that two sets are never mixed.
    let prefixes: [String]

    /// The name of the header field with the event's id, after its prefix.
    static let idName = "id"

    /// Makes the scheme for the names of the specification and those of Svix, or for others.
    package init(prefixes: [String] = ["webhook-", "svix-"]) { self.prefixes = prefixes }

    /// Reads the id, the time and every `v1`.
    package func claim(in headers: HeaderValues) throws(SignatureFailure) -> SignatureClaim {
        let prefix = prefix(in: headers)
        let id = try Self.value("\(prefix)\(Self.idName)", headers)
        let time = try Self.value("\(prefix)timestamp", headers)
        let codes = try Self.value("\(prefix)signature", headers)
        guard (1...EventIdentity.byteCountMax).contains(id.utf8.count) else {
            throw .invalidHeader(header: "\(prefix)\(Self.idName)")
        }
        guard let seconds = SignatureText.seconds(time) else {
            throw .invalidHeader(header: "\(prefix)timestamp")
        }
        guard let candidates = Self.candidates(codes) else {
            throw .invalidHeader(header: "\(prefix)signature")
        }
        return SignatureClaim(
            timestamp: seconds,
            prefix: Array("\(id).\(time).".utf8),
            candidates: candidates
        )
    }

    /// The three headers; the id is one of the body, so that the same body is the same event.
    package func headers(
        for body: [UInt8],
        key: [UInt8],
        at time: Date
    ) -> [(name: String, value: String)] {
        let prefix = prefixes.first ?? ""
        let id = "msg_\(Hex.encode(SHA256.hash(body).prefix(16)))"
        let seconds = Int64(time.timeIntervalSince1970)
        let code = HMAC.authenticationCode(for: Array("\(id).\(seconds).".utf8) + body, key: key)
        return [
            ("\(prefix)\(Self.idName)", id), ("\(prefix)timestamp", String(seconds)),
            ("\(prefix)signature", "v1,\(Base64.encode(code))"),
        ]
    }

    /// The envelope of the specification's advice, `{type, timestamp, data}`, with the id of the
    /// headers.
    func identity(of body: [UInt8], headers: HeaderValues) -> EventIdentity? {
        guard let members = JSONOutline.members(["type", "timestamp"], of: body),
            let id = headers("\(prefix(in: headers))\(Self.idName)").first,
            (1...EventIdentity.byteCountMax).contains(id.utf8.count)
        else { return nil }
        let top = Field(.object(members))
        guard let type = try? top["type"].word() else { return nil }
        // A time that cannot be read is for the worker to say.
        let time = try? top["timestamp"].instant()
        return EventIdentity(id: id, type: type, mode: nil, occurredAt: time)
    }

    private func prefix(in headers: HeaderValues) -> String {
        let names = [Self.idName, "timestamp", "signature"]
        let found = prefixes.first { prefix in
            names.contains { !headers("\(prefix)\($0)").isEmpty }
        }
        return found ?? prefixes.first ?? ""
    }

    private static func value(
        _ header: String,
        _ headers: HeaderValues
    ) throws(SignatureFailure) -> String {
        let values = headers(header)
        guard let value = values.first else { throw .notSigned(header: header) }
        guard values.count == 1 else { throw .invalidHeader(header: header) }
        return value
    }

    /// The signatures of `v1`; nil where an item is not `version,signature`.
    private static func candidates(_ text: String) -> [[UInt8]]? {
        var candidates: [[UInt8]] = []
        let items = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard items.count <= candidateCountMax else { return nil }
        for item in items {
            let parts = item.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, let code = String(parts[1]) else {
                return nil
            }
            guard parts[0].elementsEqual("v1".utf8), let bytes = Base64.decode(code),
                bytes.count == HMAC.byteCount, Base64.encode(bytes) == code
            else { continue }
            candidates.append(bytes)
        }
        return candidates
    }
}

extension StandardSignature {
    /// The bytes of a secret as Standard Webhooks writes it: base64 after `whsec_`, also without
    /// its padding; nil where it is none.
    static func key(of secret: String) -> [UInt8]? {
        var text = secret.hasPrefix("whsec_") ? String(secret.dropFirst(6)) : secret
        while text.utf8.count % 4 != 0 { text.append("=") }
        return Base64.decode(text).flatMap { $0.isEmpty ? nil : $0 }
    }
}
