package import Foundation

/// Writes lines to a descriptor, each whole, on a thread of its own, and outlives a reader that has
/// gone.
///
/// Who writes a line waits for nobody. Unchecked: the state is only touched under the condition's
/// lock.
package final class LogStream: Sendable {
    /// The standard error stream of the process; what was not written goes out at its end.
    package static let standardError: LogStream = {
        let stream = LogStream(descriptor: STDERR_FILENO)
        atexit { LogStream.standardError.flush() }
        return stream
    }()

    /// Lines that wait for a reader that is slow; what comes beyond is counted and lost.
    static let waitingBytesMax = 1 << 20

    private let queue: Queue

    init(descriptor: Int32) { queue = Queue(descriptor) }

    deinit { queue.end() }

    /// Takes a line with its newline.
    ///
    /// One that cannot be written is lost: no log is worth the process that writes it.
    package func write(_ line: String) { queue.add(line) }

    /// Returns once everything that was taken is written or lost, or the reader was too slow.
    package func flush(within time: TimeInterval = 1) { queue.flush(within: time) }
}

extension LogStream {
    private final class Queue: @unchecked Sendable {
        private let descriptor: Int32
        private let condition = NSCondition()
        private var waiting: [UInt8] = []
        private var lost = 0
        /// Lines that were taken, those of them that are with the thread, and those that are out.
        private var taken = 0
        private var begun = 0
        private var done = 0
        private var hasThread = false
        private var isHurried = false
        private var hasEnded = false

        init(_ descriptor: Int32) { self.descriptor = descriptor }

        func add(_ line: String) {
            condition.lock()
            defer { condition.unlock() }
            guard waiting.count + line.utf8.count <= LogStream.waitingBytesMax else {
                lost += 1
                return
            }
            let isFirst = waiting.isEmpty
            taken += 1
            waiting.append(contentsOf: line.utf8)
            if !hasThread { startThread() } else if isFirst { condition.broadcast() }
        }

        func flush(within time: TimeInterval) {
            condition.lock()
            defer { condition.unlock() }
            let last = taken
            let end = Date(timeIntervalSinceNow: time)
            isHurried = true
            condition.broadcast()
            while done < last, condition.wait(until: end) {}
            isHurried = false
        }

        func end() {
            condition.lock()
            hasEnded = true
            condition.broadcast()
            condition.unlock()
        }

        private func startThread() {
            hasThread = true
            let thread = Thread { [self] in
                while let lines = next() { put(lines) }
            }
            thread.name = "log"
            thread.start()
        }

        /// What is there, once it has had a moment to become more; nil at the end.
        private func next() -> [UInt8]? {
            condition.lock()
            defer { condition.unlock() }
            if done < begun {
                done = begun
                condition.broadcast()
            }
            while waiting.isEmpty, !hasEnded { condition.wait() }
            // A thread that is woken for each line would cost more than all else about it.
            let moment = Date(timeIntervalSinceNow: 0.005)
            while !isHurried, !hasEnded, condition.wait(until: moment) {}
            guard !waiting.isEmpty else { return nil }
            if lost > 0 { waiting.append(contentsOf: "\(lost) lines of the log were lost\n".utf8) }
            defer { (waiting, lost) = ([], 0) }
            begun = taken
            return waiting
        }

        private func put(_ bytes: [UInt8]) {
            var start = 0
            while start < bytes.count {
                let count = bytes[start...].withUnsafeBytes {
                    Foundation.write(descriptor, $0.baseAddress, $0.count)
                }
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN, waitsForRoom() { continue }
                guard count > 0 else { return }
                start += count
            }
        }

        /// Whether a full pipe was read from within a second.
        private func waitsForRoom() -> Bool {
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            return poll(&entry, 1, 1_000) > 0 && entry.revents & Int16(POLLOUT) != 0
        }
    }
}
