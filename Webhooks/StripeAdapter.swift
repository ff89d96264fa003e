import Digest
package import JSON
package import Subscriptions

package import struct Foundation.Date

/// Stripe: signatures of the scheme `v1`, snapshot events in the shapes before and after
/// 2025-03-31.
package struct StripeAdapter: ProviderAdapter {
    private static let header = "Stripe-Signature"
    /// One signature a live secret; Stripe keeps two while a secret is rolled.
    private static let candidateCountMax = 16
    /// Seconds have ten digits until the year 2286.
    private static let timestampDigitsMax = 12

    /// Makes the adapter.
    package init() {}

    /// Stripe's name.
    package var provider: Provider { .stripe }

    /// Reads `t` and every `v1`; `v0` and later schemes are passed over, since taking them would
    /// be a downgrade.
    package func claim(in headers: HeaderValues) throws(SignatureFailure) -> SignatureClaim {
        let values = headers(Self.header)
        guard let value = values.first else { throw .notSigned(header: Self.header) }
        guard values.count == 1, let items = Self.items(of: value) else {
            throw .invalidHeader(header: Self.header)
        }
        let times = items.filter { $0.name == "t" }
        let signatures = items.filter { $0.name == "v1" }
        guard times.count == 1, signatures.count <= Self.candidateCountMax,
            let timestamp = Self.timestamp(times[0].value)
        else { throw .invalidHeader(header: Self.header) }
        return SignatureClaim(
            timestamp: timestamp,
            prefix: Array("\(times[0].value).".utf8),
            candidates: signatures.compactMap { Self.signature($0.value) }
        )
    }

    /// The bytes of the whole text, `whsec_` included: Stripe's secrets are not base64.
    package func keys(of secret: String) -> [[UInt8]] { [Array(secret.utf8)] }

    /// The header that Stripe would send.
    package func signedHeaders(
        for body: [UInt8],
        secret: String,
        at time: Date
    ) -> [(name: String, value: String)] {
        let seconds = Int64(time.timeIntervalSince1970)
        let code = HMAC.authenticationCode(
            for: Array("\(seconds).".utf8) + body,
            key: Array(secret.utf8)
        )
        return [(Self.header, "t=\(seconds),v1=\(Hex.encode(code))")]
    }

    /// The envelope of an event, snapshot or thin.
    package func identity(of body: [UInt8], headers: HeaderValues) -> EventIdentity? {
        guard let members = JSONOutline.members(["id", "type", "livemode", "created"], of: body)
        else { return nil }
        let top = Field(.object(members))
        do {
            return EventIdentity(
                id: try top["id"].id(),
                type: try top["type"].word(),
                mode: top["livemode"].value?.bool.map { $0 ? .live : .test },
                // A thin event's time is text; the worker refetches it anyway.
                occurredAt: try? top["created"].time()
            )
        } catch {
            return nil
        }
    }

    /// What a stored event says, as far as its type concerns access.
    package func reading(of body: [UInt8], id: String, mode: Mode) -> EventReading {
        do {
            return reading(of: try JSONValue(parsing: body))
        } catch {
            let reason = "The body is not JSON that can be read to its end."
            return .parked(Need(.malformed, reason: reason))
        }
    }

    /// What an event says that was fetched, or read already.
    package func reading(of event: JSONValue) -> EventReading {
        do {
            return try StripeEvent(Field(event)).reading()
        } catch {
            return error.reading
        }
    }

    /// What a stored event means by its objects as they stand now.
    package func reading(
        of body: [UInt8],
        id: String,
        mode: Mode,
        from objects: any ProviderObjects
    ) async -> EventReading {
        do {
            let event = Field(try JSONValue(parsing: body))
            return await StripeRefetch(event, objects).reading()
        } catch {
            let reason = "The body is not JSON that can be read to its end."
            return .parked(Need(.malformed, reason: reason))
        }
    }
}

extension StripeAdapter {
    /// The items between the commas, each with exactly one `=` and a name of lower-case letters,
    /// digits and `_`; nil where one is not of that form.
    private static func items(of header: String) -> [(name: String, value: String)]? {
        var items: [(name: String, value: String)] = []
        for item in header.utf8.split(
            separator: UInt8(ascii: ","),
            omittingEmptySubsequences: false
        ) {
            let parts = item.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy(isNameByte),
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

    /// The seconds in the one form that Stripe prints: digits, without a sign or leading zeros.
    private static func timestamp(_ text: String) -> Int64? {
        guard (1...timestampDigitsMax).contains(text.utf8.count), let value = Int64(text),
            value >= 0, String(value) == text
        else { return nil }
        return value
    }

    /// A signature in lower-case hex; one of another form matches nothing and spoils nothing.
    private static func signature(_ text: String) -> [UInt8]? {
        guard text.utf8.count == 2 * HMAC.byteCount, let bytes = Hex.decode(text),
            Hex.encode(bytes) == text
        else { return nil }
        return bytes
    }
}
