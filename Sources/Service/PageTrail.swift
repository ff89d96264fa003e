/// The pages of one run through a provider's list, to see one that goes round.
///
/// Every page asks for the next with a cursor of the provider's: a list that serves the same page
/// for ever, or counts on without an end, would be followed for ever.
package struct PageTrail: Sendable {
    /// More pages than any list has: at 100 a page ten million subscriptions.
    private static let countMax = 100_000

    private var ends: Set<String> = []
    private var count = 0

    /// Makes an empty one.
    package init() {}

    /// Whether the list goes on with a page that ends with this subscription: one that ended with
    /// it before brings nothing new.
    package mutating func goesOn(to last: String?) -> Bool {
        count += 1
        guard let last else { return count <= Self.countMax }
        return ends.insert(last).inserted && count <= Self.countMax
    }

    /// What to say of a list that does not.
    package static func sentence(of provider: String) -> String {
        "The list of \(provider) brings the same again and does not end: nobody's access ends for "
            + "what was not seen. Look at the state of the provider, and run it again with --anew."
    }
}
