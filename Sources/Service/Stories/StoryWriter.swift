import JSON
import Subscriptions

/// How one provider tells what happens to a subscriber: a provider is a file that conforms to this.
protocol StoryWriter: Sendable {
    /// What the subscriber's browser carries back from the checkout of a life.
    func reference(_ life: Life) -> String

    /// The provider's id of the subscription of a life.
    func subscriptionID(_ life: Life) -> String

    /// The events about what has happened, by which the life stands as it does, each with the
    /// objects as the provider's API has them from then on.
    mutating func tell(_ happening: Happening, _ life: Life) -> [Story.Step]

    /// What its API answers to a request, over the objects of the steps so far; nil where it has
    /// no such object.
    static func answer(
        _ path: String,
        _ query: [String: String],
        _ objects: [String: JSONValue]
    ) -> JSONValue?

    /// Why a story cannot be told, in one sentence; nil where it can.
    static func obstacle(to name: String) -> String?

    /// Whether a story ends as it should only where the API can be asked.
    static func needsAPI(_ name: String) -> Bool
}

extension StoryWriter {
    static func obstacle(to name: String) -> String? { nil }

    static func needsAPI(_ name: String) -> Bool { false }
}
