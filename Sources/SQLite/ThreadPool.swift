import Foundation

/// A few threads that run blocking work in the order it came.
final class ThreadPool: Sendable {
    private struct State {
        var work: [@Sendable () -> Void] = []
        var threads = 0
        var idle = 0
        var isStopped = false
    }

    private let name: String
    private let threadsMax: Int
    private let state = Monitor(State())

    init(name: String, threads: Int) {
        self.name = name
        threadsMax = threads
    }

    /// Takes the work, or says false when the pool was stopped.
    func run(_ work: @escaping @Sendable () -> Void) -> Bool {
        let (isTaken, startsThread) = state.change { state in
            guard !state.isStopped else { return (false, false) }
            state.work.append(work)
            guard state.idle < state.work.count, state.threads < threadsMax else {
                return (true, false)
            }
            state.threads += 1
            return (true, true)
        }
        if startsThread { startThread() }
        return isTaken
    }

    /// Finishes what is queued and ends the threads.
    func stop() {
        state.changeForAll { $0.isStopped = true }
    }

    private func startThread() {
        let thread = Thread { [self] in
            while let work = next() { work() }
        }
        thread.name = name
        thread.start()
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { $0.idle += 1 }
        return state.wait { state -> (@Sendable () -> Void)?? in
            guard !state.work.isEmpty || state.isStopped else { return .none }
            state.idle -= 1
            return .some(state.work.isEmpty ? nil : state.work.removeFirst())
        }
    }
}
