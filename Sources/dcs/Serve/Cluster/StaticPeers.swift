internal import CacheCluster

/// The nodes of a static cluster as the setting `peers` lists them.
enum StaticPeers {
    /// Reads `id=host:port/peer_port,…`.
    /// - Throws: `Failure` that quotes what is wrong.
    static func parse(_ text: String) throws(Failure) -> [Member] {
        var members: [Member] = []
        for word in text.split(separator: ",") {
            let trimmed = String(word.filter { $0 != " " })
            guard let member = member(trimmed) else {
                throw .refused("peers: \"\(trimmed)\" is not id=host:port/peer_port")
            }
            guard !members.contains(where: { $0.id == member.id }) else {
                throw .refused("peers: \(member.id) stands twice")
            }
            members.append(member)
        }
        return members
    }

    private static func member(_ word: String) -> Member? {
        let sides = word.split(separator: "=", maxSplits: 1)
        guard sides.count == 2, let id = NodeID(String(sides[0])),
            let slash = sides[1].lastIndex(of: "/"),
            let peerPort = port(sides[1][sides[1].index(after: slash)...])
        else { return nil }
        let data = sides[1][..<slash]
        guard let colon = data.lastIndex(of: ":"),
            port(data[data.index(after: colon)...]) != nil, data.startIndex < colon
        else { return nil }
        return Member(
            id: id, dataAddress: String(data), peerAddress: "\(data[..<colon]):\(peerPort)")
    }

    private static func port(_ digits: Substring) -> Int? {
        Int(digits).flatMap { (1...65_535).contains($0) ? $0 : nil }
    }
}
