import Foundation
import JSON
import Subscriptions

extension StaffOperations {
    /// A month, which no customer needs to change a key.
    private static let graceSecondsMax = 30 * 86_400

    /// Makes the next key of a subscription; the old one lives on for a grace, or ends at once and
    /// is proved to.
    func rotate(_ request: StaffRequest) async throws -> StaffReply {
        let isLeaked = request.flag("leaked")
        let asked = request.arguments["grace"]?.int
        guard asked.map({ (0...Self.graceSecondsMax).contains($0) }) ?? true else {
            throw StaffStop(.usage, "A grace is at most 30 days.")
        }
        guard !isLeaked || asked ?? 0 == 0 else {
            throw StaffStop(.usage, "A leaked key has no grace: leave --grace or --leaked out.")
        }
        let subscription = try await match(request)
        let id = subscription.id
        let reason =
            request.arguments["reason"]?.string == nil
            ? (isLeaked ? "leaked" : "rotated") : try request.reason()
        let now = now()
        let outcome = try await store.write { tx in
            let plan = try tx.grant(id)?.desired.plan.flatMap { try tx.plan($0)?.plan }
            let grace = asked.map { .seconds($0) } ?? plan?.rotationGrace ?? .zero
            return try RotationDesk(access: access).rotate(
                id,
                overlap: isLeaked ? .zero : grace,
                reason: reason,
                actor: request.actor,
                in: tx,
                now: now
            )
        }
        switch outcome {
        case .refused(let refusal): throw StaffStop(.refused, Self.sentence(refusal, id))
        case .begun(let grant), .pending(let grant):
            notify()
            return try await awaitRotation(grant, request, since: now)
        }
    }

    private func awaitRotation(
        _ grant: Grant,
        _ request: StaffRequest,
        since start: Date
    ) async throws -> StaffReply {
        let after = try await wait(request, for: grant.subscriptionID) { $0.isRotated }
        let body = try await shown(grant.subscriptionID)
        guard after.isRotated else {
            let why = obstacle(after)
            return StaffReply(
                .notYetProved,
                after.desired.overlap == nil
                    ? "The old key is withheld from lookups; its end and the new key are not "
                        + "proved yet; Tollgate keeps trying.\(why)"
                    : "The old key lives on, and the new one is not proved yet; Tollgate keeps "
                        + "trying.\(why)",
                body: body
            )
        }
        return StaffReply(.done, Self.sentence(after, since: start, now()), body: body)
    }

    private static func sentence(_ grant: Grant, since start: Date, _ now: Date) -> String {
        if let until = grant.previousUntil {
            return "A new key, generation \(grant.desired.generation), works; the old one lives "
                + "until \(until.formatted(.iso8601))."
        }
        guard grant.desired.access == .active else {
            return "The platform refuses the old key; the new one is made when access is active "
                + "again."
        }
        let milliseconds = Int(now.timeIntervalSince(start) * 1_000)
        return "A new key, generation \(grant.desired.generation), works, and the platform refuses "
            + "every older one, proved after \(milliseconds) ms."
    }

    private static func sentence(_ refusal: RotationDesk.Refusal, _ id: Subscription.ID) -> String {
        switch refusal {
        case .noKey: "Subscription \(id) has no key to rotate."
        case .notActive:
            "The key of subscription \(id) sleeps: rotate it with --grace 0s, or once it is awake."
        case .previousLives(let until):
            "An older key lives until \(until.formatted(.iso8601)): wait for its end, or end both "
                + "at once with --leaked."
        }
    }
}

extension Grant {
    /// Whether nothing of a rotation is awaited but the end of a grace.
    fileprivate var isRotated: Bool {
        !isUnproved
            && (desired.access != .active || observed.shownGeneration >= desired.generation)
    }
}
