import Foundation
import Glibc

/// A blocking client of one connection. What it waits for fails after ten seconds.
final class ManagementClient {
    struct Answer {
        let status: Int
        /// Names in lower case.
        let fields: [String: String]
        let body: String

        var document: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
        }
    }

    private let socket: Int32
    private var received: [UInt8] = []

    init?(port: Int) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
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

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Sends a request and reads its whole answer; nil where the connection ends instead.
    func ask(
        _ method: String, _ target: String, _ fields: [String] = [], body: String? = nil
    ) -> Answer? {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: h\r\n"
        for field in fields { text += field + "\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        send(text + "\r\n" + (body ?? ""))
        return answer(headOnly: method == "HEAD")
    }

    func answer(headOnly: Bool = false) -> Answer? {
        guard let head = text(upTo: "\r\n\r\n") else { return nil }
        var fields: [String: String] = [:]
        for line in head.split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let length = headOnly ? 0 : Int(fields["content-length"] ?? "") ?? 0
        while received.count < length { guard receive() else { return nil } }
        let body = String(decoding: received[..<length], as: UTF8.self)
        received.removeFirst(length)
        return Answer(status: Int(head.dropFirst(9).prefix(3)) ?? 0, fields: fields, body: body)
    }

    /// What comes up to and without a text; nil where the connection ends before it.
    func text(upTo end: String) -> String? {
        let end = Array(end.utf8)
        while true {
            if let range = received.firstRange(of: end) {
                let text = String(decoding: received[..<range.lowerBound], as: UTF8.self)
                received.removeFirst(range.upperBound)
                return text
            }
            guard receive() else { return nil }
        }
    }

    /// True where the server ends the connection, whatever it sends before.
    func ends() -> Bool {
        while receive() {}
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, 0) == 0
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        received += buffer[..<count]
        return true
    }
}
