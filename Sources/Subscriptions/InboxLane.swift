/// Which events of the inbox are handled one after another.
///
/// Events of different providers touch different subscriptions, so a provider that does not answer
/// need hold up no other.
package enum InboxLane: Hashable, Sendable {
    /// All events.
    case all
    /// The events of one provider.
    case only(Provider)
    /// The events of all providers but these.
    case except(Set<Provider>)

    /// Whether events of a provider are in the lane.
    package func holds(_ provider: Provider) -> Bool {
        switch self {
        case .all: true
        case .only(let one): provider == one
        case .except(let others): !others.contains(provider)
        }
    }
}
