internal import Glibc
internal import Logging
internal import NIOCore

/// Tells the service manager that started this process how the node is, as `sd_notify(3)` describes:
/// one datagram for each message, to the socket that `NOTIFY_SOCKET` names.
///
/// Does nothing where no manager listens. A message that cannot be sent is logged and no more: the
/// node serves with or without its manager.
struct ServiceNotifier: Sendable {
    /// Bytes of the socket's address; nil where no manager listens.
    private let address: [UInt8]?
    /// Time after which the manager takes a silent node for a hung one; nil where it does not look.
    let watchdogPeriod: Duration?
    private let log: Logger

    /// - Parameter variables: the process's environment.
    init(_ variables: [String: String], log: Logger) {
        self.log = log
        address = variables["NOTIFY_SOCKET"].flatMap(Self.address)
        watchdogPeriod = address.flatMap { _ in Self.watchdogPeriod(variables) }
    }

    /// The node serves.
    func ready(status: String) { send("READY=1\nSTATUS=\(status)") }

    /// A reload begins; `ready` ends it.
    func reloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let microseconds = now.tv_sec * 1_000_000 + now.tv_nsec / 1000
        send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)")
    }

    /// The node has begun to stop.
    func stopping() { send("STOPPING=1\nSTATUS=Finishing open requests.") }

    /// Says twice in each period that every event loop answers, until the task is cancelled. One that
    /// hangs keeps the message from being sent, and the manager restarts the node.
    func keepWatchdog(_ loops: [any EventLoop]) async {
        guard let watchdogPeriod else { return }
        while (try? await Task.sleep(for: watchdogPeriod / 2)) != nil { await pulse(loops) }
    }

    /// Says that the node lives, once each of the loops has answered.
    func pulse(_ loops: [any EventLoop]) async {
        for loop in loops {
            guard (try? await loop.submit {}.get()) != nil else { return }
        }
        send("WATCHDOG=1")
    }

    private func send(_ message: String) {
        guard let address else { return }
        let code = Self.send(Array(message.utf8), to: address)
        if code != 0 {
            log.warning(
                "the service manager cannot be told how the node is",
                metadata: ["error": "\(String(cString: strerror(code)))"])
        }
    }

    /// - Returns: 0, or what the system says against it.
    private static func send(_ message: [UInt8], to address: [UInt8]) -> Int32 {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: address) }
        let length = MemoryLayout.size(ofValue: name.sun_family) + address.count
        let sent = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0,
                    socklen_t(length))
            }
        }
        return sent == message.count ? 0 : errno
    }

    /// A path, or a name without a file, which begins with `@` here and with a zero for the kernel.
    private static func address(_ text: String) -> [UInt8]? {
        var bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/") || bytes.first == UInt8(ascii: "@"),
            bytes.count > 1, bytes.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        else { return nil }
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        return bytes
    }

    private static func watchdogPeriod(_ variables: [String: String]) -> Duration? {
        if let pid = variables["WATCHDOG_PID"], pid != String(getpid()) { return nil }
        guard let microseconds = variables["WATCHDOG_USEC"].flatMap(Int64.init), microseconds > 0
        else { return nil }
        return .microseconds(microseconds)
    }
}
