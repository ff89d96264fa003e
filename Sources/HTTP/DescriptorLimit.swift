import Glibc

/// How many files and sockets the process may have open (`RLIMIT_NOFILE`, getrlimit(2)).
package enum DescriptorLimit {
    /// Raises the soft limit to `count`, as far as the hard limit lets it; returns what holds then.
    ///
    /// A limit that is higher already is left as it is.
    @discardableResult
    package static func raise(to count: Int) -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 0 }
        if limit.rlim_cur < rlim_t(count) {
            var raised = limit
            raised.rlim_cur = min(rlim_t(count), limit.rlim_max)
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }
}
