package import Foundation
package import JSON

/// A life of one subscriber as a provider would tell it, to rehearse against one's own server.
package struct Story: Sendable {
    /// One event, and the objects as the provider's API has them from then on.
    package struct Step: Sendable {
        /// The event's type, for people.
        package let type: String
        /// The event.
        package let event: JSONValue
        /// The objects, by the path of the request for each.
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
        "cancel-undo", "cancel", "pause", "refund", "refund-partial", "refund-parts",
        "refund-earlier", "dispute-won", "dispute-lost", "return",
    ]

    /// Its name.
    package let name: String
    /// Who tells it.
    package let provider: String
    /// What a right server makes of it, whatever the order, for a plan of the standard policies.
    package let end: End
    /// What the subscriber's browser carries back from each checkout, the first first.
    package let references: [String]
    /// The subscription that it ends with, by the provider's id.
    package let subscriptionID: String
    /// The events of the sign-up, after which a key can be claimed.
    package let signUp: [Step]
    /// The events after it.
    package let rest: [Step]

    /// All events in order.
    package var steps: [Step] { signUp + rest }

    /// Whether it can end as it should only where the provider's API can be asked.
    package let needsAPI: Bool

    /// Tells a story that ends now.
    ///
    /// - Parameters:
    ///   - name: One of ``names``.
    ///   - provider: Who tells it.
    ///   - price: The price that the subscriber signs up for.
    ///   - other: The price that an upgrade or downgrade goes to.
    ///   - tag: What makes its ids its own: letters and digits.
    ///   - now: When it ends.
    /// - Throws: ``Untold`` for a name that there is none of, or none of the provider's.
    package init(
        _ name: String,
        of provider: KnownProvider,
        price: String,
        other: String,
        tag: String,
        now: Date
    ) throws(Untold) {
        guard Self.names.contains(name) else {
            throw Untold(
                "There is no story \(name): name one of \(Self.names.joined(separator: ", "))."
            )
        }
        let kind = type(of: provider.writer)
        if let obstacle = kind.obstacle(to: name) { throw Untold(obstacle) }
        var stage = Stage(
            provider.writer,
            price: price,
            tag: tag,
            now: Int64(now.timeIntervalSince1970)
        )
        self.name = name
        self.provider = provider.name
        end = stage.play(name, other: other)
        references = stage.references
        subscriptionID = stage.subscriptionID
        needsAPI = kind.needsAPI(name)
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

}

extension Story {
    /// Why a story cannot be told.
    package struct Untold: Error, CustomStringConvertible {
        /// One sentence.
        package let description: String

        init(_ description: String) { self.description = description }
    }
}

extension KnownProvider {
    /// What its API answers to a request for an object or a list, over the objects of a story's
    /// steps so far; nil where it has no such object.
    package func answer(
        _ path: String,
        _ query: [String: String],
        _ objects: [String: JSONValue]
    ) -> JSONValue? {
        type(of: writer).answer(path, query, objects)
    }
}
