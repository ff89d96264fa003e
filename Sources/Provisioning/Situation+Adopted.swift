import struct Foundation.Date
import Subscriptions

/// An app that was there before us: its key is generation 0, and its role is never touched.
extension Situation {
    /// How long the platform may remember a key: its `default_cache_ttl`.
    static let cacheLife: Double = 18_000

    /// The app that was taken over, where its key must be refused.
    var revokedAdoptedApp: ObservedGrant.App? {
        isRevoked(0) ? observed.adoptedApp : nil
    }

    /// As long as no key of ours is due, the app stays as it is.
    func keepAdopted() -> Move? {
        guard let app = observed.adoptedApp else {
            return .blocked(
                .needsStaff,
                "The app that was taken over is gone from the platform: make a new key with "
                    + "`tollgate keys rotate`."
            )
        }
        if !app.isActive { return .call(.setApp(id: app.id, isActive: true)) }
        return isProved(.alive) ? nil : .call(.prove(generation: 0))
    }

    /// The key goes with its app, so the app sleeps until its key was refused, and is deleted only
    /// then: there is a proof, whatever happens to us in the middle.
    func endAdopted(_ app: ObservedGrant.App) -> Step {
        observed.adopted?.wasRefused == true ? .deleteApp(id: app.id) : .prove(generation: 0)
    }

    /// What an answer says of a key that is to be refused; where a cache still lets it in, the app
    /// is put to sleep again.
    func noteAdopted(_ result: inout ObservedGrant, _ answer: ProofAnswer) {
        guard isRevoked(0) else { return }
        let sleeps = revokedAdoptedApp?.isActive == false
        switch answer {
        case .alive:
            result.adopted?.acceptedAt = now
            if sleeps, let app = revokedAdoptedApp { result.setApp(app.id, isActive: true) }
        case .asleep, .gone, .unfinished:
            result.adopted?.acceptedAt = nil
            if sleeps { result.adopted?.wasRefused = true }
        case .inconclusive: break
        }
    }

    /// Whether a key that cannot be asked any more is refused, as far as can be known: one that was
    /// accepted last may be for as long as the platform remembers it.
    var isLostKeyRefused: Bool {
        guard let adopted = observed.adopted, adopted.isKeyLost else { return false }
        return adopted.acceptedAt.map { now.timeIntervalSince($0) >= Self.cacheLife } ?? true
    }

    /// Whether every key that must be refused was asked, though one may be lost by now.
    func isAsked(_ revoked: [Int]) -> Bool {
        guard revoked.contains(0), let adopted = observed.adopted, adopted.isKeyLost else {
            return true
        }
        return adopted.wasRefused
    }

    /// What is in the way of the end of an app that was taken over.
    func troubleEndingAdopted(_ answer: ProofAnswer) -> Failure? {
        guard answer == .alive, revokedAdoptedApp?.isActive == false else { return nil }
        return Failure(
            .needsStaff,
            "The platform still accepts the key of the app that was taken over, though it sleeps: "
                + "clear the platform's cache (DELETE /api/v2/system/cache)."
        )
    }

    /// What a lost key means for staff.
    var troubleWithLostKey: Failure? {
        guard isRevoked(0), let adopted = observed.adopted, let acceptedAt = adopted.acceptedAt,
            now.timeIntervalSince(acceptedAt) < Self.cacheLife
        else { return nil }
        return Failure(
            .needsStaff,
            "The platform accepted the key of the app that was taken over when it was last asked, "
                + "and it cannot be asked again: clear the platform's cache (DELETE "
                + "/api/v2/system/cache), which forgets it after five hours at the latest."
        )
    }
}

extension ObservedGrant {
    /// Nothing can be asked any more with the key of an app that was taken over.
    mutating func loseAdopted() {
        writeBegunAt = nil
        apps.removeAll { $0.generation == 0 }
        adopted?.isKeyLost = true
    }

    /// Believes what was found of an app that was taken over.
    mutating func take(_ finding: Finding.Adopted) {
        adopted?.note(finding.app)
        if finding.isActive { adopted?.wasRefused = false }
        apps.append(App(id: finding.app.id, generation: 0, isActive: finding.isActive))
    }
}
