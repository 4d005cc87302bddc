/// Where a node's HTTP is: `http://HOST:PORT` or `https://…`, without a path.
package struct NodeAddress: Sendable, Equatable, CustomStringConvertible {
    private let scheme: String
    /// A name or an address, IPv6 in brackets.
    private let host: String
    private let port: Int

    private init(scheme: String, host: String, port: Int) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    /// - Throws: `ClientError` of kind `usage`.
    package init(_ text: String) throws(ClientError) {
        let form = ClientError(
            .usage, "an address is http://HOST:PORT or https://HOST:PORT, not \"\(text)\"")
        guard let end = text.firstRange(of: "://") else { throw form }
        scheme = text[..<end.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { throw form }
        var authority = text[end.upperBound...]
        if authority.last == "/" { authority.removeLast() }
        let (host, port) = Self.split(authority)
        guard Self.isHost(host) else { throw form }
        self.host = String(host)
        guard let port else {
            self.port = scheme == "https" ? 443 : 80
            return
        }
        guard let number = Int(port), (1...65_535).contains(number), port.first != "+" else {
            throw form
        }
        self.port = number
    }

    private static func split(_ authority: Substring) -> (host: Substring, port: Substring?) {
        guard let colon = authority.lastIndex(of: ":"), authority.last != "]" else {
            return (authority, nil)
        }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    private static func isHost(_ text: Substring) -> Bool {
        if text.first == "[", text.last == "]" {
            return text.count > 2
                && text.dropFirst().dropLast().allSatisfy { $0.isHexDigit || ":.".contains($0) }
        }
        return !text.isEmpty
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
    }

    /// The same host and scheme at another port.
    package func at(port: Int) -> NodeAddress {
        NodeAddress(scheme: scheme, host: host, port: port)
    }

    package var description: String { "\(scheme)://\(host):\(port)" }

    /// - Parameter target: path and query, percent-encoded, from its slash on.
    func url(_ target: String) -> String { description + target }
}
