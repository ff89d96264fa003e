import Digest
package import Subscriptions

package import struct Foundation.Date

/// One provider's webhook as this installation receives it: its adapter, secrets and tolerance.
package struct WebhookEndpoint: Sendable {
    /// How far a signature's time may lie from ours, in either direction.
    package static let standardTolerance = Duration.seconds(300)

    /// What is particular to the provider.
    package let adapter: any ProviderAdapter
    private let keyed: [HMAC]
    private let tolerance: Duration?

    /// Makes an endpoint that takes what is signed with any of `secrets`.
    ///
    /// A tolerance of nil takes a signature of any age: for events out of an archive only.
    package init(
        adapter: any ProviderAdapter,
        secrets: [String],
        tolerance: Duration? = standardTolerance
    ) {
        self.adapter = adapter
        self.keyed = secrets.flatMap { adapter.keys(of: $0) }.filter { !$0.isEmpty }.map {
            HMAC(key: $0)
        }
        self.tolerance = tolerance
    }

    /// Returns if the request was signed by the provider, about now.
    package func verify(
        headers: HeaderValues,
        body: [UInt8],
        now: Date
    ) throws(SignatureFailure) {
        let claim = try adapter.claim(in: headers)
        guard isSigned(body, as: claim) else { throw .noValidSignature }
        guard let tolerance, let timestamp = claim.timestamp else { return }
        let age = now.timeIntervalSince1970 - Double(timestamp)
        let limit = Double(tolerance.components.seconds)
        if age > limit { throw .tooOld(tolerance: tolerance) }
        if age < -limit { throw .tooNew(tolerance: tolerance) }
    }

    /// Compares every candidate under every key to the end, so that the duration tells nothing
    /// about which of them matched.
    private func isSigned(_ body: [UInt8], as claim: SignatureClaim) -> Bool {
        var matches = 0
        for key in keyed {
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
