import CEpoll
import Glibc

/// The kernel's event queue (epoll(7)), and an event of our own that wakes its waiter.
struct Epoll: ~Copyable {
    /// What a descriptor is watched for, or what has happened to it.
    struct Events: OptionSet {
        let rawValue: UInt32

        static let readable = Events(rawValue: EPOLLIN.rawValue)
        static let writable = Events(rawValue: EPOLLOUT.rawValue)
        /// The peer is gone in both directions, or the connection failed; always reported.
        static let broken = Events(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
        /// Of all loops that watch one listening socket, wake one and not the herd.
        static let exclusive = Events(rawValue: EPOLLEXCLUSIVE.rawValue)
    }

    /// The token of the wake-up event; no watched descriptor may have it.
    static let wakeToken: UInt64 = 0

    private let fd: Int32
    private let wakeFD: Int32

    init() throws(HTTPServerError) {
        fd = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeFD = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard fd >= 0, wakeFD >= 0, watch(wakeFD, for: .readable, token: Self.wakeToken) else {
            throw HTTPServerError("Cannot make an event queue: \(SystemError.text).")
        }
    }

    deinit {
        close(wakeFD)
        close(fd)
    }

    /// Watches a descriptor, level-triggered; events carry the token.
    @discardableResult
    func watch(_ descriptor: Int32, for events: Events, token: UInt64) -> Bool {
        var event = epoll_event(events: events.rawValue, data: epoll_data_t(u64: token))
        return epoll_ctl(fd, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    func change(_ descriptor: Int32, to events: Events, token: UInt64) {
        var event = epoll_event(events: events.rawValue, data: epoll_data_t(u64: token))
        epoll_ctl(fd, EPOLL_CTL_MOD, descriptor, &event)
    }

    func unwatch(_ descriptor: Int32) {
        epoll_ctl(fd, EPOLL_CTL_DEL, descriptor, nil)
    }

    /// Makes the waiter return, from any thread.
    func wake() {
        eventfd_write(wakeFD, 1)
    }

    /// Ends the wake-up, so that the next wait waits again.
    func acknowledgeWake() {
        var count: eventfd_t = 0
        eventfd_read(wakeFD, &count)
    }

    /// Waits until something happens or the deadline, and returns how many events are in `events`.
    func wait(into events: inout [epoll_event], until deadline: UInt64?) -> Int {
        let timeout = deadline.map { MonotonicTime.milliseconds(until: $0) } ?? -1
        return max(0, Int(epoll_wait(fd, &events, Int32(events.count), timeout)))
    }
}
