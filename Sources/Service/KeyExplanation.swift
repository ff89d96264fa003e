import Foundation
import JSON
import Subscriptions

/// Why a key works, sleeps, is refused or is not there: one reason after another, for staff.
struct KeyExplanation {
    /// One reason.
    struct Line {
        /// What it is about, in a stable word.
        let about: String
        let text: String
    }

    let lines: [Line]

    /// - Parameters:
    ///   - subscription: Whose key it is.
    ///   - plan: The plan that it is on.
    ///   - holds: The holds, lifted ones included.
    ///   - grant: What is desired and observed; nil where nothing was decided yet.
    ///   - key: The row of the newest key that somebody may have.
    ///   - now: The time.
    init(
        _ subscription: Subscription,
        plan: Plan?,
        holds: [Hold],
        grant: Grant?,
        key: APIKey?,
        now: Date
    ) {
        let decision = Access.decide(subscription, plan: plan, holds: holds, now: now)
        var lines = [
            Line(about: "key", text: Self.verdict(grant, key)),
            Line(about: "access", text: "\(decision.access.rawValue): \(decision.reason)"),
        ]
        if let until = decision.until {
            lines.append(
                Line(about: "until", text: "\(Self.time(until)), even if nothing is heard")
            )
        }
        lines.append(Line(about: "money", text: Self.money(subscription)))
        for reversal in subscription.reversals {
            let period = Self.period(of: reversal, subscription)
            lines.append(Line(about: "money back", text: "\(reversal.clause)\(period)"))
        }
        for hold in holds where hold.liftedAt == nil {
            let lift = hold.kind == .revoked ? "keys restore" : "subscriptions resume"
            lines.append(
                Line(
                    about: "staff",
                    text: "\(hold.kind.rawValue) by \(hold.actor) at \(Self.time(hold.createdAt)): "
                        + "\(hold.reason); only `tollgate \(lift)` lifts it"
                )
            )
        }
        if let problem = grant?.problem {
            lines.append(
                Line(
                    about: "platform",
                    text: "\(problem.sentence) (since \(Self.time(problem.since)))"
                )
            )
        }
        self.lines = lines
    }

    private static func time(_ date: Date) -> String { date.formatted(.iso8601) }

    /// A key of ours, or the one of an app that was taken over, which has no row.
    private static func name(_ grant: Grant, _ key: APIKey?) -> String? {
        if let key { return "…\(key.lastFour), generation \(key.generation)," }
        guard grant.visibleGeneration == 0, let app = grant.observed.adopted else { return nil }
        return "…\(app.lastFour), of the app \(app.id) that was taken over,"
    }

    private static func verdict(_ grant: Grant?, _ key: APIKey?) -> String {
        guard let grant, let name = name(grant, key) else {
            return "there is none, and none is due"
        }
        let proof = grant.observed.proof.flatMap {
            $0.generation == key?.generation ?? 0 ? $0 : nil
        }
        switch grant.desired.access {
        case .active:
            if grant.tellsOfAdopted, grant.observed.adoptedApp == nil {
                return "\(name) is gone from the platform; `tollgate keys rotate` makes a new one"
            }
            return grant.isShown || grant.tellsOfAdopted
                ? "\(name) works" + (proof.map { "; last proved at \(time($0.at))" } ?? "")
                : "\(name) is on its way and was not shown yet"
        case .suspended:
            guard let proof, proof.answer == .asleep else {
                return "\(name) is being put to sleep"
            }
            return "\(name) sleeps since \(time(proof.since ?? key?.createdAt ?? proof.at))"
        case .ended:
            guard grant.isProvedRefused else {
                return "\(name) is withheld, and its refusal is not proved yet"
            }
            let proved = grant.observed.revocation?.provedAt ?? key?.endedAt
            return "\(name) is refused" + (proved.map { ", proved at \(time($0))" } ?? "")
        case .none:
            return "\(name) is withheld until access is due"
        }
    }

    private static func money(_ subscription: Subscription) -> String {
        guard let status = subscription.status else {
            return "\(subscription.provider) has not said yet how it stands"
        }
        let since = subscription.statusAt.map { " since \(time($0))" } ?? ""
        let paid =
            subscription.paidThrough.map { ", paid to \(time($0))" } ?? ", no payment told of"
        let end = subscription.periodEnd.map { ", its period ends \(time($0))" } ?? ""
        return "\(subscription.provider) says \(status.rawValue)\(since)\(paid)\(end)"
    }

    private static func period(of reversal: Reversal, _ subscription: Subscription) -> String {
        guard reversal.takesMoney else { return ", which takes nothing away" }
        switch subscription.period(of: reversal) {
        case .current: return ", of the period that was paid last"
        case .earlier: return ", of an earlier period than the one that is paid"
        case .unknown: return ", and \(Reversal.unplaced)"
        }
    }
}

extension StaffOperations {
    /// Says why the key of one subscription is as it is.
    func explainKey(_ request: StaffRequest) async throws -> StaffReply {
        let subscription = try await match(request)
        let now = now()
        let explanation = try await store.read { reader in
            let grant = try reader.grant(subscription.id)
            return KeyExplanation(
                subscription,
                plan: try subscription.plan.flatMap { try reader.plan($0)?.plan },
                holds: try reader.holds(subscription.id),
                grant: grant,
                key: try grant.flatMap {
                    try reader.key(subscription.id, generation: $0.visibleGeneration)
                },
                now: now
            )
        }
        return StaffReply(
            .done,
            body: [
                "subscription": .string(subscription.id.rawValue),
                "why": .array(
                    explanation.lines.map {
                        ["about": .string($0.about), "text": .string($0.text)]
                    }
                ),
            ]
        )
    }
}
