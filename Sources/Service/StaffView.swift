import Foundation
import JSON
import Subscriptions

/// Domain values as staff see them in JSON; no key, token or body among them.
enum StaffView {
    static func date(_ date: Date?) -> JSONValue {
        guard let date else { return nil }
        return .string(date.formatted(.iso8601))
    }

    static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? nil }

    static func number(_ number: Int?) -> JSONValue { number.map { .integer(Int64($0)) } ?? nil }

    static func plan(_ plan: Plan.Reference?) -> JSONValue {
        guard let plan else { return nil }
        return .string("\(plan.id)@\(plan.version)")
    }

    static func summary(
        _ subscription: Subscription,
        customer: Customer?,
        grant: Grant?,
        keys: [APIKey]
    ) -> JSONValue {
        let key = keys.last { $0.generation == grant?.visibleGeneration }
        return [
            "subscription": .string(subscription.id.rawValue),
            "provider": .string(subscription.provider.rawValue),
            "provider_id": .string(subscription.providerID),
            "customer": text(customer?.providerID), "email": text(customer?.email),
            "status": text(subscription.status?.rawValue), "plan": plan(subscription.plan),
            "access": text(grant?.desired.access.rawValue), "reason": text(grant?.desired.reason),
            "generation": number(grant?.visibleGeneration),
            "last_four": text(key?.lastFour ?? adoptedLastFour(grant)),
            "adopted_app": number(grant?.observed.adopted?.id),
            "shown": .bool(grant?.isShown ?? false),
            "previous_until": date(grant?.previousUntil),
            "role_id": number(grant?.observed.roleID),
            "app_ids": .array((grant?.observed.apps ?? []).map { .integer(Int64($0.id)) }),
            "problem": text(grant?.problem?.sentence),
            "revocation": revocation(grant),
        ]
    }

    private static func adoptedLastFour(_ grant: Grant?) -> String? {
        grant?.visibleGeneration == 0 ? grant?.observed.adopted?.lastFour : nil
    }

    static func adopted(_ app: ObservedGrant.Adopted?) -> JSONValue {
        guard let app else { return nil }
        return [
            "id": number(app.id), "name": .string(app.name), "role_id": number(app.roleID),
            "last_four": .string(app.lastFour), "ended_at": date(app.endedAt),
        ]
    }

    static func revocation(_ grant: Grant?) -> JSONValue {
        guard let revocation = grant?.observed.revocation else { return nil }
        return [
            "started_at": date(revocation.startedAt), "proved_at": date(revocation.provedAt),
            "closed_at": date(revocation.closedAt),
        ]
    }

    static func detail(_ subscription: Subscription) -> JSONValue {
        [
            "id": .string(subscription.id.rawValue),
            "provider": .string(subscription.provider.rawValue),
            "mode": .string(subscription.mode.rawValue),
            "provider_id": .string(subscription.providerID),
            "status": text(subscription.status?.rawValue),
            "status_at": date(subscription.statusAt),
            "uncertain": .bool(subscription.isUncertain),
            "plan": plan(subscription.plan), "price": text(subscription.price),
            "quantity": number(subscription.quantity.map { Int($0) }),
            "period_start": date(subscription.periodStart),
            "period_end": date(subscription.periodEnd),
            "paid_through": date(subscription.paidThrough),
            "checkout": text(subscription.checkoutPayment?.rawValue),
            "trial_end": date(subscription.trialEnd), "cancel_at": date(subscription.cancelAt),
            "pause": text(subscription.pause?.behavior.rawValue),
            "resumes_at": date(subscription.pause?.resumesAt),
            "money_back": .array(
                subscription.reversals.map { reversal in
                    let doubt = subscription.isUnplaced(reversal) ? "; \(Reversal.unplaced)" : ""
                    return .string("\(reversal.clause) (\(reversal.id))\(doubt)")
                }
            ),
            "fetched_at": date(subscription.fetchedAt),
            "past_due_since": date(subscription.pastDueSince),
            "ended_at": date(subscription.endedAt), "created_at": date(subscription.createdAt),
            "next_decision_at": date(subscription.nextDecisionAt),
        ]
    }

    static func grant(_ grant: Grant) -> JSONValue {
        [
            "access": .string(grant.desired.access.rawValue),
            "reason": .string(grant.desired.reason),
            "plan": plan(grant.desired.plan), "generation": number(grant.desired.generation),
            "shown_generation": number(grant.observed.shownGeneration),
            "previous_until": date(grant.previousUntil),
            "allowance_since": date(grant.desired.allowance),
            "role_id": number(grant.observed.roleID), "adopted": adopted(grant.observed.adopted),
            "apps": .array(
                grant.observed.apps.map { app in
                    [
                        "id": number(app.id), "generation": number(app.generation),
                        "active": .bool(app.isActive),
                    ]
                }
            ),
            "limits": .array(
                grant.observed.limits.map { limit in
                    [
                        "id": number(limit.id), "rate": number(limit.rate),
                        "period": .string(limit.period), "verb": text(limit.verb),
                    ]
                }
            ),
            "proof": grant.observed.proof.map { proof in
                [
                    "answer": .string(proof.answer.rawValue), "at": date(proof.at),
                    "generation": number(proof.generation),
                ]
            } ?? nil,
            "revocation": revocation(grant), "failures": number(grant.failures),
            "problem": problem(grant), "next_attempt_at": date(grant.nextAttemptAt),
        ]
    }

    static func problem(_ grant: Grant) -> JSONValue {
        guard let problem = grant.problem else { return nil }
        return [
            "subscription": .string(grant.subscriptionID.rawValue),
            "kind": .string(problem.kind.rawValue), "sentence": .string(problem.sentence),
            "since": date(problem.since), "next_attempt_at": date(grant.nextAttemptAt),
        ]
    }

    static func hold(_ hold: Hold) -> JSONValue {
        [
            "kind": .string(hold.kind.rawValue), "reason": .string(hold.reason),
            "actor": .string(hold.actor), "created_at": date(hold.createdAt),
            "lifted_at": date(hold.liftedAt),
        ]
    }

    static func key(_ key: APIKey) -> JSONValue {
        [
            "generation": number(key.generation), "last_four": .string(key.lastFour),
            "master_key": .string(key.masterKeyID), "created_at": date(key.createdAt),
            "shown_at": date(key.shownAt), "ended_at": date(key.endedAt),
        ]
    }

    static func event(_ event: InboxEvent) -> JSONValue {
        [
            "event": .integer(event.number), "provider": .string(event.provider.rawValue),
            "mode": .string(event.mode.rawValue), "id": .string(event.eventID),
            "type": .string(event.type), "state": .string(event.state.rawValue),
            "needs": text(event.need?.kind.rawValue), "note": text(event.note ?? unparsed(event)),
            "subscription": text(event.subscriptionID?.rawValue),
            "occurred_at": date(event.occurredAt), "received_at": date(event.receivedAt),
            "handled_at": date(event.handledAt), "bytes": number(event.body.count),
        ]
    }

    /// Why an event was never looked at.
    private static func unparsed(_ event: InboxEvent) -> String? {
        guard event.state == .unparsed else { return nil }
        return "The signature is right, but the body is no JSON object with an id and a type that "
            + "can be read: it is kept and changes nothing."
    }

    static func audit(_ entry: AuditEntry) -> JSONValue {
        [
            "at": date(entry.at), "actor": .string(entry.actor), "action": .string(entry.action),
            "subscription": text(entry.subscriptionID?.rawValue),
            "details": .object(entry.details.mapValues(JSONValue.string)),
        ]
    }

    static func attempt(_ attempt: Attempt) -> JSONValue {
        [
            "step": .string(attempt.step), "started_at": date(attempt.startedAt),
            "finished_at": date(attempt.finishedAt), "outcome": text(attempt.outcome),
            "problem": text(attempt.problem?.rawValue),
        ]
    }
}
