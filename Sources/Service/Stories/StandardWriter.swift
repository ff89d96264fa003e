import JSON
import Subscriptions

/// Tollgate's own events, as any sender of Standard Webhooks may tell them.
struct StandardWriter: StoryWriter {
    func reference(_ life: Life) -> String { "checkout_story\(life.subscriptionTag)" }
    func subscriptionID(_ life: Life) -> String { "sub_story\(life.subscriptionTag)" }

    func tell(_ happening: Happening, _ life: Life) -> [Story.Step] {
        let updated = step("subscription.updated", subscription(life), life)
        let succeeded = step("payment.succeeded", payment(life), life)
        switch happening {
        case .signUp:
            return [
                step("checkout.completed", checkout(life), life),
                step("subscription.created", subscription(life), life),
            ] + (life.due > 0 ? [succeeded] : [])
        case .renewal, .change, .schedule, .unschedule, .pause, .exhaustion: return [updated]
        case .payment: return [succeeded]
        case .recovery: return [succeeded, updated]
        case .failure: return [step("payment.failed", payment(life), life), updated]
        case .end: return [step("subscription.ended", subscription(life), life)]
        case .refund:
            let state = life.refunded == Life.amount ? "full" : "partial"
            return [step("payment.refunded", reversal(life, state), life)]
        case .dispute:
            let state = life.dispute ?? .open
            return [step("payment.disputed", reversal(life, state.rawValue), life)]
        }
    }

    /// There is no API to ask.
    static func answer(
        _ path: String,
        _ query: [String: String],
        _ objects: [String: JSONValue]
    ) -> JSONValue? { nil }

    private func step(_ type: String, _ data: JSONValue, _ life: Life) -> Story.Step {
        let event: JSONValue = [
            "type": .string(type), "timestamp": .time(life.time), "mode": "test", "data": data,
        ]
        return Story.Step(type: type, event: event, objects: [:])
    }

    private func customer(_ life: Life) -> JSONValue { .string("cus_story\(life.tag)") }

    private func items(_ life: Life, _ period: (start: Int64, end: Int64)? = nil) -> JSONValue {
        let period = period ?? (life.periodStart, life.periodEnd)
        return [
            [
                "price": .string(life.price), "quantity": 1,
                "period_start": .time(period.start), "period_end": .time(period.end),
            ]
        ]
    }

    private func subscription(_ life: Life) -> JSONValue {
        let status = life.pausedUntil == nil ? life.status : .paused
        return [
            "id": .string(subscriptionID(life)), "customer": customer(life),
            "status": .string(status.rawValue), "items": items(life),
            "trial_end": .time(life.trialEnd), "cancel_at": .time(life.cancelAt),
            "ended_at": .time(life.endedAt),
        ]
    }

    private func payment(_ life: Life) -> JSONValue {
        [
            "id": .string("pay_story\(life.paymentTag)"),
            "subscription": .string(subscriptionID(life)), "customer": customer(life),
            "email": .string(life.email), "items": items(life),
            "paid_at": life.isPaid ? .time(life.time) : nil,
        ]
    }

    private func reversal(_ life: Life, _ state: String) -> JSONValue {
        [
            "payment": .string("pay_story\(life.paymentTag)"),
            "subscription": .string(subscriptionID(life)), "state": .string(state),
            "items": items(life, life.asked),
        ]
    }

    private func checkout(_ life: Life) -> JSONValue {
        [
            "reference": .string(reference(life)), "subscription": .string(subscriptionID(life)),
            "customer": customer(life), "email": .string(life.email), "payment": "paid",
        ]
    }
}
