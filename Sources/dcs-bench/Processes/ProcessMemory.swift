/// Resident memory of a process, by kind, in bytes.
struct ProcessMemory: Sendable, Equatable {
    /// Allocated memory.
    var anonymous: UInt64 = 0
    /// Pages of mapped files, the program's own among them.
    var file: UInt64 = 0
    var shared: UInt64 = 0

    var total: UInt64 { anonymous + file + shared }

    /// Of this process.
    static func current() -> ProcessMemory {
        ProcessMemory(status: TextFile.lines("/proc/self/status"))
    }

    init() {}

    /// Reads the lines of `/proc/PID/status`.
    init(status lines: [String]) {
        for line in lines {
            let parts = line.split { $0 == ":" || $0 == " " || $0 == "\t" }
            guard parts.count >= 2, let kibibytes = UInt64(parts[1]) else { continue }
            switch parts[0] {
            case "RssAnon": anonymous = kibibytes << 10
            case "RssFile": file = kibibytes << 10
            case "RssShmem": shared = kibibytes << 10
            default: break
            }
        }
    }
}
