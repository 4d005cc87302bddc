internal import CacheConsole

/// The answer to `GET /stats`.
package struct StatsDocument: Decodable, Equatable, Sendable {
    struct Space: Decodable, Equatable {
        var usedBytes: UInt64
        var maxBytes: UInt64?
        var liveBytes: UInt64?
        var segments: UInt64?

        enum CodingKeys: String, CodingKey {
            case usedBytes = "used_bytes"
            case maxBytes = "max_bytes"
            case liveBytes = "live_bytes"
            case segments
        }
    }

    struct Log: Decodable, Equatable {
        var bytes: UInt64
        var syncs: UInt64
    }

    struct Transactions: Decodable, Equatable {
        var open: UInt64
    }

    struct Search: Decodable, Equatable {
        var documents: UInt64
    }

    package private(set) var entries: UInt64
    var hits: UInt64
    var misses: UInt64
    var hitRatio: Double
    var evictions: UInt64
    var expirations: UInt64
    var memory: Space
    var disk: Space
    var wal: Log
    var transactions: Transactions
    var search: Search
    var uptimeSeconds: Double
    var version: String

    enum CodingKeys: String, CodingKey {
        case entries, hits, misses, evictions, expirations, memory, disk, wal, transactions, search
        case version
        case hitRatio = "hit_ratio"
        case uptimeSeconds = "uptime_seconds"
    }

    /// - Throws: `ClientError` where the document is another.
    package init(_ bytes: [UInt8]) throws(ClientError) {
        self = try ClientError.decode(Self.self, from: bytes, what: "the answer of /stats")
    }

    /// A table for people.
    package var lines: [String] {
        var table = TextTable([.text(""), .text("")], hasHeader: false)
        for (name, value) in rows { table.add([name, value]) }
        return table.lines
    }

    private var rows: [(String, String)] {
        [
            ("version", PrintableText.of(version)),
            ("uptime", HumanText.duration(UInt64(max(0, min(uptimeSeconds, 1e15))))),
            ("entries", HumanText.count(entries)),
            ("hits", HumanText.count(hits)),
            ("misses", HumanText.count(misses)),
            ("hit ratio", HumanText.share(hitRatio)),
            ("evictions", HumanText.count(evictions)),
            ("expirations", HumanText.count(expirations)),
            ("memory", of(memory)),
            ("disk", of(disk)),
            ("disk live", HumanText.bytes(disk.liveBytes ?? 0)),
            ("segments", HumanText.count(disk.segments ?? 0)),
            ("log", HumanText.bytes(wal.bytes)),
            ("log syncs", HumanText.count(wal.syncs)),
            ("transactions open", HumanText.count(transactions.open)),
            ("search documents", HumanText.count(search.documents)),
        ]
    }

    private func of(_ space: Space) -> String {
        let used = HumanText.bytes(space.usedBytes)
        guard let max = space.maxBytes else { return used }
        return used + " of " + HumanText.bytes(max)
    }
}
