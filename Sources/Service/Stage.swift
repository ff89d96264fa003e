import JSON
import Webhooks

/// Where a story is played: one subscriber's objects at Stripe, and the events about them.
struct Stage {
    private static let day: Int64 = 86_400
    private static let hour: Int64 = 3_600

    private(set) var steps: [Story.Step] = []
    /// How many of the steps are the sign-up.
    private(set) var signUpCount = 0

    private let tag: String
    private let end: Int64
    private var time: Int64
    private var price: String
    private var life = 1
    private var status = "incomplete"
    private var periodStart: Int64
    private var periodEnd: Int64
    private var trialEnd: Int64?
    private var cancelAt: Int64?
    private var endedAt: Int64?
    private var pause: JSONValue = nil
    private var invoices = 0
    private var invoice: JSONValue = nil
    private var eventCount = 0

    init(price: String, tag: String, now: Int64) {
        self.price = price
        self.tag = tag
        end = now
        time = now
        periodStart = now
        periodEnd = now
    }

    var reference: String { "cs_test_story\(tag)\(life)" }
    var subscriptionID: String { "sub_story\(tag)\(life)" }
    private var customer: String { "cus_story\(tag)" }
    private var email: String { "story-\(tag)@example.com" }
    private var charge: String { "ch_story\(tag)\(life)_\(invoices)" }

    /// Plays a story and says how it ends.
    mutating func play(_ name: String, other: String) -> Story.End {
        switch name {
        case "trial":
            signUp(before: Self.day, isTrial: true)
            return .active
        case "renewal", "pastdue-recovered", "dunning":
            signUp(before: 30 * Self.day + 12 * Self.hour)
            return playRenewal(name)
        case "upgrade", "downgrade":
            signUp(before: name == "upgrade" ? Self.day : 30 * Self.day + Self.hour)
            return playChange(name, other)
        case "cancel-undo", "cancel":
            signUp(before: Self.day)
            return playCancel(name)
        case "pause":
            signUp(before: Self.day)
            pause = ["behavior": "void", "resumes_at": .integer(end + 30 * Self.day)]
            updated(after: 60)
            return .suspended
        case "refund", "refund-partial", "dispute-won", "dispute-lost":
            signUp(before: Self.day)
            return playMoneyBack(name)
        case "return":
            signUp(before: 2 * Self.day)
            finish("canceled")
            signUp(before: Self.hour)
            return .active
        default:
            signUp(before: 60)
            return .active
        }
    }

    private mutating func playRenewal(_ name: String) -> Story.End {
        time = periodEnd
        renew()
        guard name != "renewal" else {
            pay(after: Self.hour)
            return .active
        }
        fail(after: Self.hour)
        guard name != "dunning" else {
            status = "unpaid"
            updated(after: Self.hour)
            finish("canceled")
            return .ended
        }
        status = "active"
        pay(after: Self.hour)
        updated(after: 0)
        return .active
    }

    private mutating func playChange(_ name: String, _ other: String) -> Story.End {
        if name == "downgrade" { time = periodEnd }
        price = other
        if name == "downgrade" { renew() } else { updated(after: 60) }
        pay(after: 60)
        return .active
    }

    private mutating func playCancel(_ name: String) -> Story.End {
        cancelAt = periodEnd
        updated(after: 60)
        if name == "cancel-undo" {
            cancelAt = nil
            updated(after: 60)
            return .active
        }
        finish("canceled")
        return .ended
    }

    private mutating func playMoneyBack(_ name: String) -> Story.End {
        switch name {
        case "refund-partial":
            refund(900)
            return .active
        case "refund":
            refund(2_900)
            return .ended
        default:
            dispute("created", "needs_response")
            dispute("closed", name == "dispute-won" ? "won" : "lost")
            return name == "dispute-won" ? .active : .suspended
        }
    }
}

// MARK: - What happens

extension Stage {
    /// A sign-up that began so many seconds before the end of the story.
    private mutating func signUp(before: Int64, isTrial: Bool = false) {
        if endedAt != nil { life += 1 }
        (endedAt, cancelAt, pause, invoices) = (nil, nil, nil, 0)
        time = end - before
        periodStart = time
        periodEnd = time + (isTrial ? 14 : 30) * Self.day
        trialEnd = isTrial ? periodEnd : nil
        status = isTrial ? "trialing" : "incomplete"
        openInvoice(amount: isTrial ? 0 : 2_900)
        add("customer.subscription.created", subscription)
        if !isTrial {
            status = "active"
            settle()
            updated(after: 0)
        }
        pay(after: 0)
        time += 2
        add(
            "checkout.session.completed",
            [
                "id": .string(reference), "object": "checkout.session", "mode": "subscription",
                "status": "complete", "payment_status": isTrial ? "no_payment_required" : "paid",
                "livemode": false, "customer": .string(customer),
                "subscription": .string(subscriptionID), "currency": "usd",
                "customer_details": ["email": .string(email)],
            ]
        )
        if life == 1 { signUpCount = steps.count }
    }

    /// The period moves; its money is asked for later.
    private mutating func renew() {
        (periodStart, periodEnd) = (periodEnd, periodEnd + 30 * Self.day)
        openInvoice(amount: 2_900)
        add("customer.subscription.updated", subscription)
    }

    private mutating func openInvoice(amount: Int64) {
        invoices += 1
        invoice = invoiceObject("open", amount)
    }

    private mutating func settle() {
        let amount = invoice["amount_due"]?.integer ?? 0
        invoice = invoiceObject("paid", amount)
    }

    private mutating func pay(after: Int64) {
        time += after
        settle()
        add("invoice.paid", invoice)
    }

    private mutating func fail(after: Int64) {
        time += after
        status = "past_due"
        add("invoice.payment_failed", invoice)
        add("customer.subscription.updated", subscription)
    }

    private mutating func updated(after: Int64) {
        time += after
        add("customer.subscription.updated", subscription)
    }

    private mutating func finish(_ status: String) {
        time += 60
        self.status = status
        endedAt = time
        add("customer.subscription.deleted", subscription)
    }

    private mutating func refund(_ amount: Int64) {
        time += Self.hour
        let refunded = chargeObject(refunded: amount)
        add("charge.refunded", refunded, also: ["charges/\(charge)": refunded])
    }

    private mutating func dispute(_ verb: String, _ status: String) {
        time += Self.hour
        let object: JSONValue = [
            "id": .string("du_story\(tag)"), "object": "dispute", "status": .string(status),
            "charge": .string(charge), "amount": 2_900, "currency": "usd",
            "created": .integer(end - 20 * Self.hour), "livemode": false,
        ]
        add("charge.dispute.\(verb)", object, also: ["disputes/du_story\(tag)": object])
    }

    private mutating func add(
        _ type: String,
        _ object: JSONValue,
        also: [String: JSONValue] = [:]
    ) {
        eventCount += 1
        let event: JSONValue = [
            "id": .string("evt_story\(tag)\(eventCount)"), "object": "event",
            "api_version": .string(StripeListing.version), "created": .integer(time),
            "type": .string(type), "livemode": false, "pending_webhooks": 1,
            "data": ["object": object],
        ]
        steps.append(
            Story.Step(event: event, objects: objects.merging(also) { _, last in last })
        )
    }
}

// MARK: - Objects

extension Stage {
    private var invoiceID: String { "in_story\(tag)\(life)_\(invoices)" }

    /// What the API has now.
    private var objects: [String: JSONValue] {
        var whole = subscription.object ?? [:]
        whole["latest_invoice"] = invoice
        return [
            "subscriptions/\(subscriptionID)": .object(whole),
            "invoices/\(invoiceID)": invoice,
            "charges/\(charge)": chargeObject(refunded: 0),
            "invoice_payments/pi_\(charge)": [
                "object": "list", "has_more": false,
                "data": [["object": "invoice_payment", "invoice": .string(invoiceID)]],
            ],
            "customers/\(customer)": [
                "id": .string(customer), "object": "customer", "email": .string(email),
            ],
        ]
    }

    private var subscription: JSONValue {
        func number(_ value: Int64?) -> JSONValue { value.map(JSONValue.integer) ?? nil }
        return [
            "id": .string(subscriptionID), "object": "subscription", "status": .string(status),
            "created": .integer(periodStart), "customer": .string(customer), "livemode": false,
            "cancel_at": number(cancelAt), "cancel_at_period_end": .bool(cancelAt != nil),
            "ended_at": number(endedAt), "trial_end": number(trialEnd),
            "pause_collection": pause, "latest_invoice": .string(invoiceID),
            "items": [
                "object": "list", "has_more": false,
                "data": [
                    [
                        "id": .string("si_story\(tag)\(life)"), "object": "subscription_item",
                        "quantity": 1, "current_period_start": .integer(periodStart),
                        "current_period_end": .integer(periodEnd),
                        "price": ["id": .string(price), "object": "price", "currency": "usd"],
                    ]
                ],
            ],
        ]
    }

    private func invoiceObject(_ status: String, _ amount: Int64) -> JSONValue {
        [
            "id": .string(invoiceID), "object": "invoice", "status": .string(status),
            "created": .integer(periodStart), "livemode": false, "currency": "usd",
            "amount_due": .integer(amount), "customer": .string(customer),
            "customer_email": .string(email), "period_start": .integer(periodStart),
            "period_end": .integer(periodStart),
            "status_transitions": [
                "finalized_at": .integer(periodStart),
                "paid_at": status == "paid" ? .integer(time) : nil,
            ],
            "parent": [
                "type": "subscription_details",
                "subscription_details": ["subscription": .string(subscriptionID)],
            ],
            "lines": [
                "object": "list", "has_more": false,
                "data": [
                    [
                        "id": .string("il_\(invoiceID)"), "object": "line_item",
                        "amount": .integer(amount),
                        "period": [
                            "start": .integer(periodStart), "end": .integer(periodEnd),
                        ],
                        "pricing": ["price_details": ["price": .string(price)]],
                        "parent": ["subscription_item_details": ["proration": false]],
                    ]
                ],
            ],
        ]
    }

    private func chargeObject(refunded: Int64) -> JSONValue {
        [
            "id": .string(charge), "object": "charge", "amount": 2_900, "currency": "usd",
            "amount_refunded": .integer(refunded), "refunded": .bool(refunded == 2_900),
            "payment_intent": .string("pi_\(charge)"), "livemode": false,
            "refunds": [
                "data": refunded == 0
                    ? [] : [["amount": .integer(refunded), "created": .integer(time)]]
            ],
        ]
    }
}
