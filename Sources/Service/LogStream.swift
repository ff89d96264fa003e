import Foundation

/// Writes lines to a descriptor, each whole, and outlives a reader that has gone.
final class LogStream: Sendable {
    private let descriptor: Int32
    private let lock = NSLock()

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// A line that cannot be written is lost: no log is worth the process that writes it.
    func write(_ line: String) {
        let bytes = Array(line.utf8)
        lock.withLock {
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
    }

    /// Whether a full pipe was read from within a second.
    private func waitsForRoom() -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 1_000) > 0 && entry.revents & Int16(POLLOUT) != 0
    }
}
