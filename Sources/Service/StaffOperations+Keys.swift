import Foundation
import JSON
import Subscriptions

extension StaffOperations {
    /// Places the hold `revoked`, and waits until the platform was proved to refuse the key.
    func revoke(_ request: StaffRequest) async throws -> StaffReply {
        let reason = try request.reason()
        let subscription = try await match(request)
        try await refuseDeadKey(try request.text("query"), subscription.id)
        if request.flag("dry_run") {
            return StaffReply(
                .done,
                "Would revoke the key of subscription \(subscription.id) for good.",
                body: ["subscriptions": .array(try await summaries([subscription]))]
            )
        }
        let now = now()
        let (earlier, grant) = try await store.write { tx in
            guard let subscription = try tx.subscription(subscription.id) else {
                throw StaffStop.nothingMatches
            }
            let earlier = try tx.holds(subscription.id).first {
                $0.kind == .revoked && $0.liftedAt == nil
            }
            let grant = try HoldDesk(access: access).place(
                .revoked,
                on: subscription,
                reason: reason,
                actor: request.actor,
                in: tx,
                now: now
            )
            return (earlier, grant)
        }
        notify()
        var reply = try await awaitProof(grant, since: now, request)
        if let earlier {
            reply.message =
                "Revoked before, by \(earlier.actor) at "
                + "\(earlier.createdAt.formatted(.iso8601)), and the reason of then stands. "
                + (reply.message ?? "")
        }
        return reply
    }

    /// Lifts the hold `revoked`; where money is there, the next generation is made and proved.
    func restore(_ request: StaffRequest) async throws -> StaffReply {
        let reason = try request.reason()
        let subscription = try await match(request)
        let now = now()
        let (lifted, grant) = try await store.write { tx in
            guard let subscription = try tx.subscription(subscription.id) else {
                throw StaffStop.nothingMatches
            }
            return try HoldDesk(access: access).lift(
                .revoked,
                on: subscription,
                reason: reason,
                actor: request.actor,
                in: tx,
                now: now
            )
        }
        guard lifted > 0 else {
            throw StaffStop(.refused, "Subscription \(subscription.id) is not revoked.")
        }
        notify()
        guard grant.desired.access == .active else {
            return StaffReply(
                .done,
                "The hold is lifted; access is \(grant.desired.access.rawValue): "
                    + "\(grant.desired.reason).",
                body: ["subscriptions": .array(try await summaries([subscription]))]
            )
        }
        let shown = try await wait(request, for: subscription.id) { $0.isShown }
        return StaffReply(
            shown.isShown ? .done : .notYetProved,
            shown.isShown
                ? "The hold is lifted and a new key, generation \(shown.desired.generation), works."
                : "The hold is lifted; the new key is not proved yet.\(obstacle(shown))",
            body: ["subscriptions": .array(try await summaries([subscription]))]
        )
    }

    func createClaim(_ request: StaffRequest) async throws -> StaffReply {
        let subscription = try await match(request)
        let now = now()
        let (reference, expiresAt) = try await store.write { tx in
            try claims.create(for: subscription.id, actor: request.actor, in: tx, now: now)
        }
        return StaffReply(
            .done,
            body: ["reference": .string(reference), "expires_at": StaffView.date(expiresAt)]
        )
    }

    private func awaitProof(
        _ grant: Grant,
        since start: Date,
        _ request: StaffRequest
    ) async throws -> StaffReply {
        let id = grant.subscriptionID
        let after =
            grant.isProvedRefused
            ? try await proveAgain(grant, since: start)
            : try await wait(request, for: id) {
                $0.isProvedRefused || $0.desired.access != .ended
            }
        let body = try await shown(id)
        guard after.desired.access == .ended else {
            throw StaffStop(
                .failed,
                "The hold was lifted meanwhile, by another command: see `tollgate subscriptions "
                    + "show \(id)`.",
                body: body
            )
        }
        guard after.isProvedRefused else {
            let why = obstacle(after)
            return StaffReply(
                .notYetProved,
                "The key is withheld from lookups and its refusal is not proved yet; Tollgate "
                    + "keeps trying.\(why)",
                body: body
            )
        }
        let milliseconds = Int(now().timeIntervalSince(start) * 1_000)
        return StaffReply(.done, Self.sentence(ofEnd: after, milliseconds), body: body)
    }

    private static func sentence(ofEnd grant: Grant, _ milliseconds: Int) -> String {
        let isLost = grant.observed.adopted.map { $0.isKeyLost && !$0.wasRefused } ?? false
        switch (grant.desired.generation, grant.observed.adopted) {
        case (0, nil):
            return "Subscription \(grant.subscriptionID) never had a key, and will get none."
        case (0, .some(let app)) where isLost || app.endedAt != nil:
            return isLost
                ? "The app that was taken over is gone from the platform, by another hand and "
                    + "before its key could be asked."
                : "The app that was taken over is deleted, and the platform refused its key."
        default: return "The platform refuses the key, proved after \(milliseconds) ms."
        }
    }

    /// What was revoked before is proved again, by asking again; an older proof says nothing of now.
    private func proveAgain(_ grant: Grant, since start: Date) async throws -> Grant {
        let id = grant.subscriptionID
        guard let after = try await convergence.proveAgain(id) else {
            return try await store.read { try $0.grant(id) } ?? grant
        }
        // A stored time has lost what it had below a millisecond.
        let asked = start.addingTimeInterval(-0.001)
        guard let proof = after.observed.proof, proof.at >= asked else {
            let why = after.problem.map { " \($0.sentence)" } ?? ""
            throw StaffStop(
                .notYetProved,
                "The key was refused when it was last asked, and could not be asked again.\(why)",
                body: try await shown(id)
            )
        }
        guard proof.answer == .gone else {
            throw StaffStop(
                .notYetProved,
                "The platform did not refuse the key again: see `tollgate subscriptions show "
                    + "\(id)`.",
                body: try await shown(id)
            )
        }
        return after
    }

    /// What is in the way of a grant, as the end of a message.
    func obstacle(_ grant: Grant) -> String {
        if isObserving { return " \(Self.observing)" }
        let sentence = grant.problem?.sentence ?? convergence.pause()?.sentence
        return sentence.map { " \($0)" } ?? ""
    }

    func shown(_ id: Subscription.ID) async throws -> JSONValue {
        let subscription = try await store.read { try $0.subscription(id) }
        return ["subscriptions": .array(try await summaries(subscription.map { [$0] } ?? []))]
    }

    /// Waits, within `--wait`, until a grant is as it should be.
    func wait(
        _ request: StaffRequest,
        for id: Subscription.ID,
        until isDone: @Sendable (Grant) -> Bool
    ) async throws -> Grant {
        let seconds = min(max(request.arguments["wait"]?.int ?? 30, 0), 600)
        if isServing {
            convergence.wake()
        } else {
            try await convergence.converge(id, patience: .seconds(seconds))
        }
        let waits = Waits(changed: changed)
        let limit = isServing && !isObserving ? Duration.seconds(seconds) : .zero
        let grant = try await waits.first(within: limit) { isLast -> Grant? in
            guard let grant = try await store.read({ try $0.grant(id) }) else { return nil }
            return isLast || isDone(grant) ? grant : nil
        }
        guard let grant else { throw StaffStop(.notFound, "The subscription has no grant.") }
        return grant
    }
}

extension Grant {
    /// Whether the key was proved to be refused, or there never was one.
    var isProvedRefused: Bool {
        desired.access == .ended && !isUnproved
    }
}
