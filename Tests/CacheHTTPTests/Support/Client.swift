import Glibc

/// A blocking client on a loopback socket. What it waits for fails after ten seconds.
final class Client {
    private let socket: Int32
    private var pending: [UInt8] = []

    /// - Parameter receiveBuffer: a small one makes the server feel a slow reader early.
    init?(port: Int, receiveBuffer: Int32? = nil) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0 { return nil }
    }

    deinit { close(socket) }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends everything, or as much as the server takes before it closes.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Int {
        var sent = 0
        while sent < bytes.count {
            let flags = Int32(truncatingIfNeeded: MSG_NOSIGNAL)
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, flags)
            }
            if count <= 0 { break }
            sent += count
        }
        return sent
    }

    func endSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// The next answer, interim ones included; nil where the connection ends or nothing comes.
    func answer() -> (status: Int, head: String, body: [UInt8])? {
        let end = Array("\r\n\r\n".utf8)
        var searched = 0
        while true {
            if let headEnd = find(end, from: max(0, searched - 3)) {
                let head = String(decoding: pending[..<headEnd], as: UTF8.self)
                let length = Self.length(head)
                while pending.count < headEnd + 4 + length { guard receive() else { return nil } }
                let body = Array(pending[(headEnd + 4)..<(headEnd + 4 + length)])
                pending.removeFirst(headEnd + 4 + length)
                return (Int(head.dropFirst(9).prefix(3)) ?? 0, head, body)
            }
            searched = pending.count
            guard receive() else { return nil }
        }
    }

    /// The next event of a stream of events, or a comment; nil where nothing comes.
    func event() -> String? {
        let end = Array("\n\n".utf8)
        var searched = 0
        while true {
            if let length = find(end, from: max(0, searched - 1)) {
                let text = String(decoding: pending[..<length], as: UTF8.self)
                pending.removeFirst(length + 2)
                return text
            }
            searched = pending.count
            guard receive() else { return nil }
        }
    }

    /// True where the server ends the connection without another byte.
    func isEnded() -> Bool {
        var byte: UInt8 = 0
        return pending.isEmpty && recv(socket, &byte, 1, 0) == 0
    }

    private func find(_ text: [UInt8], from start: Int) -> Int? {
        guard pending.count >= text.count, start <= pending.count - text.count else { return nil }
        return (start...(pending.count - text.count)).first {
            pending[$0] == text[0] && Array(pending[$0..<($0 + text.count)]) == text
        }
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        pending += buffer[..<count]
        return true
    }

    private static func length(_ head: String) -> Int {
        for line in head.split(separator: "\r\n") where line.hasPrefix("Content-Length: ") {
            return Int(line.dropFirst(16)) ?? 0
        }
        return 0
    }
}
