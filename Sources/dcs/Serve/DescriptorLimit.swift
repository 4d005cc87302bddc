internal import Glibc

/// How many file descriptors the process may open.
enum DescriptorLimit {
    /// Descriptors for files, listeners and event loops.
    static let reserve = 512

    /// Raises the limit as far as connections need it and the system lets a process go.
    /// - Returns: the connections that there is room for.
    static func raise(forConnections wanted: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return wanted
        }
        let needed = rlim_t(wanted + reserve)
        if limit.rlim_cur < needed {
            let before = limit.rlim_cur
            limit.rlim_cur = min(needed, limit.rlim_max)
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
                limit.rlim_cur = before
            }
        }
        return max(1, min(wanted, Int(clamping: limit.rlim_cur) - reserve))
    }
}
