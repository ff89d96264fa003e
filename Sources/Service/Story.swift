package import Foundation
package import JSON

/// A life of one subscriber as Stripe would tell it, to rehearse against one's own server.
package struct Story: Sendable {
    /// One event, and the objects as Stripe's API has them from then on.
    package struct Step: Sendable {
        /// The event.
        package let event: JSONValue
        /// The objects, by their path below `/v1/`.
        package let objects: [String: JSONValue]
    }

    /// What a story ends with.
    package enum End: String, Sendable {
        /// The key works.
        case active
        /// The key sleeps.
        case suspended
        /// The key is gone.
        case ended
    }

    /// Every story, in the order of a life.
    package static let names = [
        "signup", "trial", "renewal", "pastdue-recovered", "dunning", "upgrade", "downgrade",
        "cancel-undo", "cancel", "pause", "refund", "refund-partial", "dispute-won",
        "dispute-lost", "return",
    ]

    /// Its name.
    package let name: String
    /// What a right server makes of it, whatever the order, for a plan of the standard policies.
    package let end: End
    /// What the subscriber's browser carries back from the checkout.
    package let reference: String
    /// The subscription that it ends with, by Stripe's id.
    package let subscriptionID: String
    /// The events of the sign-up, after which a key can be claimed.
    package let signUp: [Step]
    /// The events after it.
    package let rest: [Step]

    /// All events in order.
    package var steps: [Step] { signUp + rest }

    /// Whether it can end as it should only where Stripe's API can be asked.
    package var needsAPI: Bool { name.hasPrefix("refund") || name.hasPrefix("dispute") }

    /// Tells a story that ends now; nil for a name that there is none of.
    ///
    /// - Parameters:
    ///   - name: One of ``names``.
    ///   - price: The price that the subscriber signs up for.
    ///   - other: The price that an upgrade or downgrade goes to.
    ///   - tag: What makes its ids its own: letters and digits.
    ///   - now: When it ends.
    package init?(_ name: String, price: String, other: String, tag: String, now: Date) {
        guard Self.names.contains(name) else { return nil }
        var stage = Stage(price: price, tag: tag, now: Int64(now.timeIntervalSince1970))
        self.name = name
        end = stage.play(name, other: other)
        reference = stage.reference
        subscriptionID = stage.subscriptionID
        signUp = Array(stage.steps.prefix(stage.signUpCount))
        rest = Array(stage.steps.dropFirst(stage.signUpCount))
    }

    /// The steps in an order that a seed decides.
    package func shuffled(seed: UInt64) -> [Step] {
        var state = seed
        var order = steps
        for index in order.indices.dropFirst().reversed() {
            // SplitMix64, so that a seed gives the same order everywhere.
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            order.swapAt(index, Int((value ^ (value >> 31)) % UInt64(index + 1)))
        }
        return order
    }

    /// What Stripe's API answers to a request for one object, over the objects of the steps so far.
    package static func answer(
        _ path: String,
        _ query: [String: String],
        _ objects: [String: JSONValue]
    ) -> JSONValue? {
        guard path.hasPrefix("/v1/") else { return nil }
        let name = String(path.dropFirst(4))
        switch name {
        case "invoice_payments":
            return objects["invoice_payments/\(query["payment[payment_intent]"] ?? "")"]
                ?? ["object": "list", "data": [], "has_more": false]
        case "subscriptions":
            let all = objects.filter { $0.key.hasPrefix("subscriptions/") }
                .sorted { $0.key < $1.key }.map(\.value)
            return ["object": "list", "data": .array(all), "has_more": false]
        default: return objects[name]
        }
    }
}
