@preconcurrency import Dispatch
import Foundation
import Synchronization

/// The signals that ask a server to stop: the first one gracefully, the second one at once.
final class Signals: Sendable {
    private let arrivals: AsyncStream<Int32>
    private let sources: Mutex<[any DispatchSourceSignal]>

    /// Takes the signals over from here on.
    init(_ numbers: [Int32] = [SIGINT, SIGTERM]) {
        let (arrivals, continuation) = AsyncStream<Int32>.makeStream()
        self.arrivals = arrivals
        let count = Count()
        sources = Mutex([])
        for number in numbers {
            // The default action would end the process before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                guard count.next() == 1 else { _exit(128 + number) }
                continuation.yield(number)
            }
            source.resume()
            sources.withLock { $0.append(source) }
        }
    }

    /// Waits for the first one.
    func first() async {
        for await _ in arrivals { return }
    }

    private final class Count: Sendable {
        private let value = Atomic<Int>(0)
        func next() -> Int { value.add(1, ordering: .relaxed).newValue }
    }
}
