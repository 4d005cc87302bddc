internal import Glibc

/// One connection to a Redis server on this machine: commands out, simple answers in.
final class RedisConnection {
    private let socket: Int32
    private var unread: [UInt8] = []

    /// - Throws: where nobody listens yet.
    init(port: UInt16) throws {
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
        socket = Glibc.socket(AF_INET, Int32(kind), 0)
        var address = Loopback.address(port: port)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(socket)
            throw BenchmarkError("no connection to port \(port)")
        }
    }

    deinit { close(socket) }

    /// Sends a command and returns the first line of its answer.
    func command(_ words: String...) throws -> String {
        try send(Self.encoded(words.map { Array($0.utf8) }))
        return try readLine()
    }

    func send(_ bytes: [UInt8]) throws { try TextFile.writeAll(bytes, to: socket) }

    /// A command as the protocol frames it.
    static func encoded(_ words: [[UInt8]]) -> [UInt8] {
        words.reduce(into: Array("*\(words.count)\r\n".utf8)) { bytes, word in
            bytes += Array("$\(word.count)\r\n".utf8) + word + [13, 10]
        }
    }

    /// Reads exactly these bytes.
    func expect(_ bytes: [UInt8]) throws {
        while unread.count < bytes.count { try receive() }
        guard unread.starts(with: bytes) else { throw BenchmarkError("an unexpected answer") }
        unread.removeFirst(bytes.count)
    }

    func readLine() throws -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeFirst(end + 1) }
                return String(decoding: unread[..<max(end - 1, 0)], as: UTF8.self)
            }
            try receive()
        }
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(socket, &buffer, buffer.count)
        guard count > 0 else { throw BenchmarkError("the connection ended") }
        unread += buffer[..<count]
    }
}

/// The loopback interface.
enum Loopback {
    static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// A port that nobody uses at this moment.
    static func freePort() throws -> UInt16 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) | getsockname(socket, $0, &length)
            }
        }
        guard code == 0 else { throw BenchmarkError("no free port: \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }
}
