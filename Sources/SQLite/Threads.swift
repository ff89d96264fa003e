import Foundation
import Synchronization

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
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    init(name: String, threads: Int) {
        self.name = name
        threadsMax = threads
    }

    /// Takes the work, or says false when the pool was stopped.
    func run(_ work: @escaping @Sendable () -> Void) -> Bool {
        let (isTaken, startsThread) = state.withLock { state in
            guard !state.isStopped else { return (false, false) }
            state.work.append(work)
            guard state.idle < state.work.count, state.threads < threadsMax else {
                return (true, false)
            }
            state.threads += 1
            return (true, true)
        }
        if startsThread { startThread() }
        if isTaken { wake.signal() }
        return isTaken
    }

    /// Finishes what is queued and ends the threads.
    func stop() {
        let threads = state.withLock { state in
            state.isStopped = true
            return state.threads
        }
        for _ in 0..<threads { wake.signal() }
    }

    private func startThread() {
        let thread = Thread { [self] in
            while let work = next() { work() }
        }
        thread.name = name
        thread.start()
    }

    /// Every signal stands for one piece of work, or for the end of one thread.
    private func next() -> (@Sendable () -> Void)? {
        state.withLock { $0.idle += 1 }
        wake.wait()
        return state.withLock { state in
            state.idle -= 1
            return state.work.isEmpty ? nil : state.work.removeFirst()
        }
    }
}
