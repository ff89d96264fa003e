import Foundation
import HTTP
import Subscriptions

/// The first showing of a generation to a token, which is in the audit before the key leaves the
/// process.
struct Reveal: Sendable {
    let lookups: any KeyLookups
    let store: any Store
    let now: @Sendable () -> Date

    /// Whether the answer holds no key, or one whose reveal to this token is on disk.
    static func isDone(_ lookup: KeyLookup) -> Bool {
        !KeyAnswer.isShown(lookup) || lookup.revealedGeneration >= lookup.generation
    }

    /// The answer to the token, with its reveal on disk; nil where the token was ended meanwhile.
    ///
    /// A key that is withheld while its reveal waits to be written stays inside: the token is
    /// looked up again.
    func answer(
        _ lookup: KeyLookup,
        tokenDigest: [UInt8],
        _ makeAnswer: (KeyLookup) async throws -> HTTPResponse
    ) async throws -> HTTPResponse? {
        var found: KeyLookup? = lookup
        while let lookup = found {
            let answer = try await makeAnswer(lookup)
            if Self.isDone(lookup) { return answer }
            if try await write(lookup) { return answer }
            found = try lookups.lookup(tokenDigest: tokenDigest)
        }
        return nil
    }

    /// Whether the key may still be shown, and its reveal is written.
    private func write(_ lookup: KeyLookup) async throws -> Bool {
        let now = now()
        return try await store.write { tx in
            guard let grant = try tx.grant(lookup.subscriptionID), grant.isShown,
                grant.visibleGeneration == lookup.generation
            else { return false }
            guard try tx.reveal(lookup.generation, to: lookup.tokenID) else { return false }
            try tx.append(
                AuditEntry(
                    at: now,
                    actor: "subscriber",
                    action: "key.revealed",
                    subscriptionID: lookup.subscriptionID,
                    details: ["generation": String(lookup.generation)]
                )
            )
            return true
        }
    }
}
