import Synchronization

/// Wakes whoever waits for something to have changed; nothing is lost if nobody waits.
package final class Bell: Sendable {
    private struct State {
        var count = 0
        var nextID = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Makes a bell that has not rung.
    package init() {}

    /// How often it has rung; take it before looking, and wait past it.
    package var count: Int { state.withLock { $0.count } }

    /// Wakes everybody who waits.
    package func ring() {
        let waiting = state.withLock { state in
            state.count += 1
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until it has rung more than `seen` times, or the task is cancelled.
    package func wait(past seen: Int) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.count > seen || Task.isCancelled { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            // Where the continuation is stored after this, the check of isCancelled beside it,
            // under the same lock, has seen the cancellation.
            let waiting = state.withLock { $0.waiting.removeValue(forKey: id) }
            waiting?.resume()
        }
    }
}
