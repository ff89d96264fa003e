import Dispatch

/// Runs a task, and every actor that it calls, one piece after the other.
///
/// A history is one task already, so that nothing of it runs beside another part of it; here it
/// does not change threads under way either. Give it to `withTaskExecutorPreference`.
package final class OneThread: TaskExecutor {
    private let queue = DispatchQueue(label: "history")

    /// Makes one.
    package init() {}

    /// Puts a piece of work at the end of the line.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
