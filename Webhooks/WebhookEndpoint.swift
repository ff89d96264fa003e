import Digest
package import Subscriptions

package import struct Foundation.Date

/// A signing secret, and the times between which it counts.
package struct WebhookSecret: Hashable, Sendable {
    /// The secret as the provider shows it.
    package let text: String
    /// From when it counts; nil from ever.
    package let notBefore: Date?
    /// From when it counts no more; nil for ever.
    package let notAfter: Date?

    /// Makes a secret.
    package init(_ text: String, notBefore: Date? = nil, notAfter: Date? = nil) {
        self.text = text
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Whether it counts at a time.
    package func counts(at time: Date) -> Bool {
        (notBefore.map { $0 <= time } ?? true) && (notAfter.map { time < $0 } ?? true)
    }
}

extension WebhookSecret: CustomStringConvertible, CustomReflectable {
    /// That it is a secret, and nothing of it.
    package var description: String { "a signing secret" }

    /// Shows nothing of it either, also to a debugger's dump.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// One provider's webhook as this installation receives it: its adapter, secrets and tolerance.
package struct WebhookEndpoint: Sendable {
    /// How far a signature's time may lie from ours, in either direction.
    package static let standardTolerance = Duration.seconds(300)

    /// What is particular to the provider.
    package let adapter: any ProviderAdapter
    private let keyed: [(secret: WebhookSecret, hmac: HMAC)]
    private let tolerance: Duration?

    /// Makes an endpoint that takes what is signed with any of `secrets`.
    ///
    /// A tolerance of nil takes a signature of any age: for events out of an archive only.
    package init(
        adapter: any ProviderAdapter,
        signingSecrets secrets: [WebhookSecret],
        tolerance: Duration? = standardTolerance
    ) {
        self.adapter = adapter
        self.keyed = secrets.flatMap { secret in
            adapter.keys(of: secret.text).filter { !$0.isEmpty }.map { (secret, HMAC(key: $0)) }
        }
        self.tolerance = tolerance
    }

    /// Makes an endpoint whose secrets count always.
    package init(
        adapter: any ProviderAdapter,
        secrets: [String],
        tolerance: Duration? = standardTolerance
    ) {
        self.init(
            adapter: adapter,
            signingSecrets: secrets.map { WebhookSecret($0) },
            tolerance: tolerance
        )
    }

    /// Whether any secret counts at a time; without one nothing is taken.
    package func hasSecret(at time: Date) -> Bool {
        keyed.contains { $0.secret.counts(at: time) }
    }

    /// Returns if the request was signed by the provider, about now.
    package func verify(
        headers: HeaderValues,
        body: [UInt8],
        now: Date
    ) throws(SignatureFailure) {
        let claim = try adapter.scheme.claim(in: headers)
        guard isSigned(body, as: claim, at: now) else { throw .noValidSignature }
        guard let tolerance, let timestamp = claim.timestamp else { return }
        let age = now.timeIntervalSince1970 - Double(timestamp)
        let limit = Double(tolerance.components.seconds)
        if age > limit { throw .tooOld(tolerance: tolerance) }
        if age < -limit { throw .tooNew(tolerance: tolerance) }
    }

    /// Compares every candidate under every key to the end, so that the duration tells nothing
    /// about which of them matched.
    private func isSigned(_ body: [UInt8], as claim: SignatureClaim, at now: Date) -> Bool {
        var matches = 0
        for (secret, key) in keyed where secret.counts(at: now) {
            var hmac = key
            hmac.update(claim.prefix)
            hmac.update(body)
            let code = hmac.finalized()
            for candidate in claim.candidates where ConstantTime.equal(candidate, code) {
                matches += 1
            }
        }
        return matches > 0
    }

    /// The delivery to store, of a body that was verified.
    ///
    /// What the body does not say comes from here: `mode` is the installation's, and a body that
    /// is not the provider's event goes by its own digest, so that repetitions meet.
    package func delivery(headers: HeaderValues, body: [UInt8], mode: Mode) -> Delivery {
        let identity = adapter.identity(of: body, headers: headers)
        return Delivery(
            provider: adapter.provider,
            mode: identity?.mode ?? mode,
            eventID: identity?.id ?? "sha256-" + Hex.encode(SHA256.hash(body)),
            type: identity?.type ?? "",
            occurredAt: identity?.occurredAt,
            body: body,
            isReadable: identity != nil
        )
    }

    /// What a stored event says.
    package func reading(of body: [UInt8], id: String, mode: Mode) -> EventReading {
        adapter.reading(of: body, id: id, mode: mode)
    }

    /// What a stored event means by its objects as they stand now.
    package func reading(
        of body: [UInt8],
        id: String,
        mode: Mode,
        from objects: any ProviderObjects
    ) async -> EventReading {
        await adapter.reading(of: body, id: id, mode: mode, from: objects)
    }
}
