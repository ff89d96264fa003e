import Foundation
import Subscriptions

/// Keys that staff paste: which one it is, and how it stands.
extension StaffOperations {
    /// Refuses to act on a subscription that was named by a key of it that is dead already, while a
    /// newer one lives: whoever pastes a leaked key does not mean the one that replaced it.
    func refuseDeadKey(_ query: String, _ id: Subscription.ID) async throws {
        guard let key = try await key(query, of: id), key.hasLivingSuccessor,
            let end = try await end(of: key, id)
        else { return }
        throw StaffStop(
            .refused,
            "The key that was given is generation \(key.generation) and \(end); a newer one lives. "
                + "Nothing was changed: to revoke "
                + "that one, name the subscription \(id)."
        )
    }

    /// A key that was pasted, as far as a subscription knows it.
    private struct NamedKey {
        let generation: Int
        var endedAt: Date?
        /// Whether a newer generation exists.
        let hasSuccessor: Bool
        /// Whether a newer generation has not ended.
        let hasLivingSuccessor: Bool

        init(_ generation: Int, endedAt: Date?, among keys: [APIKey]) {
            self.generation = generation
            self.endedAt = endedAt
            let newer = keys.filter { $0.generation > generation }
            hasSuccessor = !newer.isEmpty
            hasLivingSuccessor = newer.contains { $0.endedAt == nil }
        }
    }

    private func key(_ query: String, of id: Subscription.ID) async throws -> NamedKey? {
        guard let digest = Self.keyDigest(query) else { return nil }
        return try await store.read { reader in
            let keys = try reader.keys(id)
            if let key = keys.first(where: { $0.digest.elementsEqual(digest) }) {
                return NamedKey(key.generation, endedAt: key.endedAt, among: keys)
            }
            guard let observed = try reader.grant(id)?.observed,
                observed.adopted?.keyDigest.elementsEqual(digest) == true
            else { return nil }
            let endedAt = observed.holdsAdopted ? nil : observed.adopted?.endedAt
            return NamedKey(0, endedAt: endedAt, among: keys)
        }
    }

    /// How a key came to its end; nil for one that the platform may still accept.
    private func end(of key: NamedKey, _ id: Subscription.ID) async throws -> String? {
        if let endedAt = key.endedAt {
            return "was refused for good at \(endedAt.formatted(.iso8601))"
        }
        // Proved once is dead for staff, though it counts as ended after the second look only.
        guard let revocation = try await store.read({ try $0.grant(id)?.observed.revocation }),
            revocation.generation >= key.generation, !revocation.isBack,
            let provedAt = revocation.provedAt
        else { return nil }
        return "was refused at \(provedAt.formatted(.iso8601))"
    }

    /// How the very key stands that was given; the subscription may have a newer one.
    func standing(ofKey query: String, _ id: Subscription.ID) async throws -> String? {
        guard let key = try await key(query, of: id) else { return nil }
        let end = try await end(of: key, id)
        let name = key.generation == 0 ? "the one of the app that was taken over" : nil
        guard key.hasSuccessor else {
            let sentence = end.map { "The key that was given \($0)." }
            guard let name else { return sentence }
            return sentence ?? "The key that was given is \(name)."
        }
        return
            "The key that was given is \(name ?? "generation \(key.generation)"), not the newest: "
            + "it \(end ?? "has not ended yet")."
    }
}
