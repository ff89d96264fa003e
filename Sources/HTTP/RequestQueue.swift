import Synchronization

/// A bounded number of requests in flight that give way to all others.
///
/// Routes that share one are called once a loop has served everything else that was there. A request
/// over the bound is answered 503 with `Retry-After` and reaches no handler.
package final class RequestQueue: Sendable {
    /// How many requests may be in flight.
    package let inFlightMax: Int
    private let count = Atomic(0)

    /// Makes a queue that bounds the routes given to it.
    package init(inFlightMax: Int) {
        self.inFlightMax = inFlightMax
    }

    /// How many requests are in flight.
    package var inFlight: Int { count.load(ordering: .relaxed) }

    var isFull: Bool { inFlight >= inFlightMax }

    /// A place in the queue; nil where it is full.
    func enter() -> Ticket? {
        guard count.add(1, ordering: .relaxed).newValue <= inFlightMax else {
            count.subtract(1, ordering: .relaxed)
            return nil
        }
        return Ticket(queue: self)
    }

    /// A place that is given back once, at the latest when nobody holds it any more.
    final class Ticket: Sendable {
        private let queue: RequestQueue
        private let isHeld = Atomic(true)

        init(queue: RequestQueue) {
            self.queue = queue
        }

        deinit { leave() }

        func leave() {
            guard isHeld.exchange(false, ordering: .relaxed) else { return }
            queue.count.subtract(1, ordering: .relaxed)
        }
    }
}
