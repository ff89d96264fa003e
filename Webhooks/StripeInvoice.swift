import JSON
import Subscriptions

import struct Foundation.Date

/// Stripe's invoice, in the shapes before and after 2025-03-31.
struct StripeInvoice {
    private let object: Field
    private let succeeded: Bool

    init(_ object: Field, succeeded: Bool) {
        self.object = object
        self.succeeded = succeeded
    }

    func reading(_ made: MakeEvent, at time: Date?) throws(FieldFault) -> EventReading {
        try object.expectObject("invoice")
        guard let subscription = try subscription() else {
            return .ignored("The invoice belongs to no subscription.")
        }
        let periods = try periods()
        let paidAt =
            succeeded ? try object["status_transitions"]["paid_at"].present?.time() ?? time : nil
        let payment = Payment(
            subscriptionID: subscription,
            customerID: try object["customer"].present?.reference(),
            email: try Field.email(in: object["customer_email"], object["customer"]["email"]),
            succeeded: succeeded,
            paidAt: paidAt,
            periods: periods.ends,
            periodEnd: periods.earliest,
            receipt: try paidAt.flatMap { paidAt throws(FieldFault) in
                try receipt(periods, paidAt)
            }
        )
        return try made(.payment(payment))
    }

    /// Nil for one that only corrects what another has opened.
    private func receipt(_ periods: Periods, _ paidAt: Date) throws(FieldFault) -> Receipt? {
        guard !periods.isCorrection else { return nil }
        return Receipt(
            id: try id(),
            askedAt: try askedAt() ?? paidAt,
            periodEnd: periods.earliest
        )
    }

    /// The id of the invoice.
    func id() throws(FieldFault) -> String { try object["id"].id() }

    /// When the money was asked for.
    func askedAt() throws(FieldFault) -> Date? { try object["created"].present?.time() }

    /// `parent.subscription_details.subscription`, before 2025-03-31 `subscription`.
    func subscription() throws(FieldFault) -> String? {
        let parent = object["parent"]
        if let details = parent["subscription_details"].present {
            return try details["subscription"].reference()
        }
        if let subscription = object["subscription"].present {
            return try subscription.reference()
        }
        guard parent.value != nil || object["subscription"].value != nil else {
            throw parent.fault("is missing")
        }
        return nil
    }

    /// The periods that an invoice opens.
    struct Periods {
        /// Their ends by price, where the lines name one.
        var ends: [String: Date] = [:]
        /// The earliest end.
        var earliest: Date?
        /// Whether there were lines, and each only corrects what another invoice has opened.
        var isCorrection = false
    }

    /// The ends of the periods that the invoice opens.
    ///
    /// A metered line is billed afterwards, so that its period ends where the invoice's does; a
    /// proration corrects a period that another invoice has opened.
    func periods() throws(FieldFault) -> Periods {
        var periods = Periods()
        guard !object["lines"]["data"].isAbsent else { return periods }
        let invoiced = try object["period_end"].present?.time()
        let lines = try object["lines"]["data"].elements()
        for line in lines where Self.opensPeriod(line) {
            let end = try line["period"]["end"].time()
            if let invoiced, end <= invoiced { continue }
            periods.earliest = min(periods.earliest ?? end, end)
            guard let price = Self.price(of: line) else { continue }
            periods.ends[price] = max(periods.ends[price] ?? end, end)
        }
        periods.isCorrection = !lines.isEmpty && lines.allSatisfy { !Self.opensPeriod($0) }
        return periods
    }

    /// `pricing.price_details.price`, before 2025-03-31 `price`, before 2020 `plan`.
    private static func price(of line: Field) -> String? {
        [line["pricing"]["price_details"]["price"], line["price"], line["plan"]]
            .lazy.compactMap { try? $0.present?.reference() }.first
    }

    private static func opensPeriod(_ line: Field) -> Bool {
        let details = line["parent"]["subscription_item_details"]
        guard details.isAbsent else { return details["proration"].value != true }
        // Before 2025-03-31.
        return line["type"].value == "subscription" && line["proration"].value != true
    }
}
