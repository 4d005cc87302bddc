import Foundation

/// A blocking client with one connection, for requests as a stranger's program would send them.
final class HTTPClient {
    struct Answer {
        let status: Int
        let head: String
        let body: String
    }

    struct Broken: Error {
        let what: String
    }

    private let socketNumber: Int32

    init(port: Int) throws {
        socketNumber = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socketNumber, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Broken(what: "no connection to port \(port)") }
    }

    deinit { close(socketNumber) }

    /// Sends a request and reads its whole answer.
    func request(
        _ method: String, _ path: String, _ fields: [String] = [], body: String = ""
    ) throws -> Answer {
        let lines = (["Host: test", "Content-Length: \(body.utf8.count)"] + fields)
            .map { $0 + "\r\n" }.joined()
        try send("\(method) \(path) HTTP/1.1\r\n\(lines)\r\n\(body)")
        return try answer()
    }

    /// Sends bytes as they are, also half a request.
    func send(_ text: String, _ body: Data = Data()) throws {
        let bytes = Array(text.utf8) + body
        guard Foundation.send(socketNumber, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        else { throw Broken(what: "not sent") }
    }

    func answer() throws -> Answer {
        var received = ""
        while !received.contains("\r\n\r\n") { received += try receive() }
        let end = received.range(of: "\r\n\r\n")!
        let head = String(received[..<end.lowerBound])
        var body = String(received[end.upperBound...])
        let length = head.split(separator: "\r\n")
            .first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap {
                Int($0.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces))
            }
        while body.utf8.count < length ?? 0 { body += try receive() }
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return Answer(status: status ?? 0, head: head, body: body)
    }

    private func receive() throws -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(socketNumber, &bytes, bytes.count, 0)
        guard count > 0 else { throw Broken(what: "the connection ended") }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
