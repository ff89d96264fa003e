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

    func reading(_ made: MakeEvent) throws(FieldFault) -> EventReading {
        try object.expectObject("invoice")
        guard let subscription = try subscription() else {
            return .ignored("The invoice belongs to no subscription.")
        }
        let payment = Payment(
            subscriptionID: subscription,
            customerID: try object["customer"].present?.reference(),
            email: try Field.email(in: object["customer_email"], object["customer"]["email"]),
            succeeded: succeeded,
            periodEnd: try periodEnd()
        )
        return try made(.payment(payment))
    }

    /// `parent.subscription_details.subscription`, before 2025-03-31 `subscription`.
    private func subscription() throws(FieldFault) -> String? {
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

    /// The end of the period that the invoice opens, the earliest where its items differ.
    ///
    /// A metered line is billed afterwards, so that its period ends where the invoice's does; a
    /// proration corrects a period that another invoice has opened.
    private func periodEnd() throws(FieldFault) -> Date? {
        guard !object["lines"]["data"].isAbsent else { return nil }
        let invoiced = try object["period_end"].present?.time()
        var ends: [Date] = []
        for line in try object["lines"]["data"].elements() where Self.opensPeriod(line) {
            let end = try line["period"]["end"].time()
            if let invoiced, end <= invoiced { continue }
            ends.append(end)
        }
        return ends.min()
    }

    private static func opensPeriod(_ line: Field) -> Bool {
        let details = line["parent"]["subscription_item_details"]
        guard details.isAbsent else { return details["proration"].value != true }
        // Before 2025-03-31.
        return line["type"].value == "subscription" && line["proration"].value != true
    }
}
