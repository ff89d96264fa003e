import Glibc

/// Nanoseconds of the kernel's monotonic clock, which no clock setting moves.
enum MonotonicTime {
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// The point that lies that long ahead.
    static func after(_ duration: Duration, from start: UInt64 = now) -> UInt64 {
        let (sum, overflow) = start.addingReportingOverflow(duration.nanoseconds)
        return overflow ? .max : sum
    }

    /// The time until then in whole milliseconds, rounded up, as `poll` and `epoll_wait` take it.
    static func milliseconds(until deadline: UInt64) -> Int32 {
        let now = now
        guard deadline > now else { return 0 }
        return Int32(
            clamping: (deadline - now).addingReportingOverflow(999_999).partialValue / 1_000_000
        )
    }
}

extension Duration {
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow
            ? .max
            : product.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000).partialValue
    }
}
