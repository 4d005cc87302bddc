import Foundation

/// A service manager's side of `NOTIFY_SOCKET`: takes the messages of a process.
final class NotifySocket: Sendable {
    let path: String
    private let socketNumber: Int32

    struct Broken: Error {}

    /// In a folder whose path leaves room for the name of a socket.
    init() throws {
        path = "/tmp/dcs-notify-\(UUID().uuidString)"
        socketNumber = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socketNumber, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Broken() }
    }

    deinit {
        close(socketNumber)
        unlink(path)
    }

    /// The next message, once there is one: its lines.
    func message() throws -> [String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(socketNumber, &bytes, bytes.count, 0)
        guard count > 0 else { throw Broken() }
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
            .map(String.init)
    }

    /// The next message but those that only say that the process lives.
    func news() throws -> [String] {
        while true {
            let lines = try message()
            if lines != ["WATCHDOG=1"] { return lines }
        }
    }

    /// Whether a message waits.
    var isEmpty: Bool {
        var byte: UInt8 = 0
        return recv(socketNumber, &byte, 1, Int32(MSG_DONTWAIT | MSG_PEEK)) < 0
    }
}
