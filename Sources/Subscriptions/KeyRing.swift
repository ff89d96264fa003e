import Digest
package import struct Foundation.Date

/// A master key, from which API keys and lookup tokens are derived; never printed.
package struct MasterKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// The first 8 hex digits of SHA-256("tollgate master key id v1" ‖ key).
    package let id: String
    let bytes: [UInt8]

    /// Reads 64 hex digits; nil for anything else.
    package init?(hex: String) {
        guard hex.utf8.count == 64, let bytes = Hex.decode(hex) else { return nil }
        self.bytes = bytes
        let digest = SHA256.hash(Array("tollgate master key id v1".utf8) + bytes)
        id = Hex.encode(digest.prefix(4))
    }

    /// The id, and nothing of the key.
    package var description: String { "master key \(id)" }

    /// Shows the id only, also to a debugger's dump.
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}

/// Why a key cannot be shown.
package enum KeyRingError: Error, Equatable, CustomStringConvertible {
    /// The master key of the row is not configured.
    case unknownMasterKey(id: String)
    /// What is derived is not what was stored: a wrong master key, or a changed row.
    case mismatch(subscription: Subscription.ID, generation: Int)

    /// One sentence that says what to do.
    package var description: String {
        switch self {
        case .unknownMasterKey(let id):
            "The master key \(id) is still in use but not configured: add it to "
                + "TOLLGATE_MASTER_KEYS_OLD."
        case .mismatch(let subscription, let generation):
            "The key of subscription \(subscription), generation \(generation), does not match "
                + "its row and is not shown: check TOLLGATE_MASTER_KEY and restore the database "
                + "from a backup if it was changed."
        }
    }
}

/// The master keys, and everything that is derived from them.
package struct KeyRing: Sendable {
    /// The key that new API keys are derived from.
    package let current: MasterKey
    private let byID: [String: MasterKey]

    /// Takes the current key and older ones that may still be in use.
    package init(current: MasterKey, old: [MasterKey] = []) {
        self.current = current
        byID = Dictionary((old + [current]).map { ($0.id, $0) }) { _, last in last }
    }

    /// The ids of all keys.
    package var ids: Set<String> { Set(byID.keys) }

    /// Makes the row of a new key; the key itself is stored nowhere.
    package func makeKey(
        mode: Mode,
        subscription: Subscription.ID,
        generation: Int,
        now: Date,
        random: RandomBytes
    ) -> APIKey {
        let salt = random(16)
        let text = Self.derive(current, salt, mode, subscription, generation)
        return APIKey(
            subscriptionID: subscription,
            generation: generation,
            salt: salt,
            masterKeyID: current.id,
            digest: SHA256.hash(text.utf8),
            lastFour: String(text.suffix(4)),
            createdAt: now
        )
    }

    /// The key of a row, compared with the SHA-256 that the row holds.
    package func text(of key: APIKey, mode: Mode) throws(KeyRingError) -> String {
        guard let master = byID[key.masterKeyID] else {
            throw .unknownMasterKey(id: key.masterKeyID)
        }
        let text = Self.derive(master, key.salt, mode, key.subscriptionID, key.generation)
        guard ConstantTime.equal(SHA256.hash(text.utf8.span.bytes), key.digest) else {
            throw .mismatch(subscription: key.subscriptionID, generation: key.generation)
        }
        return text
    }

    /// The lookup token of a claim: `tlk_` and 32 bytes in base64url.
    ///
    /// Derived rather than random, so that a repeated claim can repeat its answer although only
    /// the token's SHA-256 is stored.
    package func lookupToken(of claim: Claim) -> String {
        let info = Self.lengthPrefixed(["tollgate lookup token v1", claim.id.rawValue])
        let bytes = HKDF.derive(
            from: current.bytes,
            salt: claim.salt,
            info: info,
            byteCount: 32
        )
        return "tlk_" + Base64URL.encode(bytes)
    }

    private static func derive(
        _ master: MasterKey,
        _ salt: [UInt8],
        _ mode: Mode,
        _ subscription: Subscription.ID,
        _ generation: Int
    ) -> String {
        let info = lengthPrefixed([
            "tollgate api key v1", mode.rawValue, subscription.rawValue, String(generation),
        ])
        // 38 bytes are 304 bits, and 52 base62 digits hold 309.
        let bytes = HKDF.derive(from: master.bytes, salt: salt, info: info, byteCount: 38)
        let body = "tg" + mode.rawValue + Base62.encode(bytes, digits: 52)
        return body + Base62.encode(CRC32.checksum(body.utf8.span.bytes), digits: 6)
    }

    /// Each text after its length in four bytes, big-endian, so that no two lists read alike.
    private static func lengthPrefixed(_ texts: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        for text in texts {
            withUnsafeBytes(of: UInt32(text.utf8.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: text.utf8)
        }
        return bytes
    }
}
