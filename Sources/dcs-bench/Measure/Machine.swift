internal import Glibc

/// What the figures were measured on, as a report states it.
struct Machine: Sendable {
    let processor: String
    let cores: Int
    let memoryBytes: UInt64
    let kernel: String

    static func current() -> Machine {
        Machine(
            processor: field("model name", of: "/proc/cpuinfo") ?? "unknown",
            cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
            memoryBytes: UInt64(
                sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))),
            kernel: firstWords(1, of: "/proc/sys/kernel/osrelease"))
    }

    var text: String {
        let gibibytes = Quantity.fixed(Double(memoryBytes) / Double(1 << 30), 1)
        return "\(processor), \(cores) cores, \(gibibytes) GiB of memory, Linux \(kernel)"
    }

    /// Runnable threads over the last 1, 5 and 15 minutes.
    static func loadAverage() -> String { firstWords(3, of: "/proc/loadavg") }

    private static func field(_ name: String, of path: String) -> String? {
        for line in TextFile.lines(path) where line.hasPrefix(name) {
            return line.split(separator: ":", maxSplits: 1).last.map(trimmed)
        }
        return nil
    }

    private static func firstWords(_ count: Int, of path: String) -> String {
        (TextFile.lines(path).first ?? "").split(separator: " ").prefix(count)
            .joined(separator: " ")
    }

    private static func trimmed(_ text: Substring) -> String {
        text.split(separator: " ").joined(separator: " ")
    }
}
