package import Subscriptions

/// Lets one task at a time work on a subscription; the others wait in line.
package actor Turns {
    private var waiting: [Subscription.ID: [CheckedContinuation<Void, Never>]] = [:]

    /// Makes an empty line.
    package init() {}

    /// Waits for the turn.
    package func take(_ id: Subscription.ID) async {
        guard waiting[id] != nil else {
            waiting[id] = []
            return
        }
        await withCheckedContinuation { waiting[id, default: []].append($0) }
    }

    /// Takes the turn only where nobody has it.
    package func takeIfFree(_ id: Subscription.ID) -> Bool {
        guard waiting[id] == nil else { return false }
        waiting[id] = []
        return true
    }

    /// Passes the turn on.
    package func pass(_ id: Subscription.ID) {
        guard var line = waiting[id], !line.isEmpty else {
            waiting[id] = nil
            return
        }
        let next = line.removeFirst()
        waiting[id] = line
        next.resume()
    }
}
