internal import CacheBase
internal import CacheEngine

/// What real text takes on disk, against RocksDB with the same compression.
struct DiskSize: Benchmark {
    static let name = "disk-size"
    static let summary = "disk for the name and description of every Debian package"
    /// RocksDB's default, and one that compresses better.
    private static let peerBlockBytes = [4096, 16384]

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let entries = try DebianPackages.load(workbench)
        let raw = entries.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        let ours = try ours(workbench, entries)
        var peers: [UInt64] = []
        if workbench.extent.measuresPeers {
            let rocks = try RocksLoad(workbench)
            peers = try Self.peerBlockBytes.map {
                try rocks.tableBytes(entries, blockBytes: $0)
            }
        }
        return [measurement(entries.count, raw, ours, peers)]
    }

    /// Segment, hint and checkpoint files once everything is flushed.
    private func ours(_ workbench: Workbench, _ entries: [DebianPackages.Entry]) throws -> UInt64 {
        let options = workbench.options("disk-size")
        return try workbench.withEngine(options) { engine in
            for entry in entries { try put(entry, engine) }
            try engine.drainLog()
            let figures = engine.statistics()
            guard figures.liveEntries == entries.count else {
                throw BenchmarkError("\(figures.liveEntries) of \(entries.count) entries are there")
            }
            return FileTree.bytes(options.directory) {
                $0.hasSuffix(".seg") || $0.hasSuffix(".hint") || $0.hasSuffix("/CHECKPOINT")
            }
        }
    }

    private func put(_ entry: DebianPackages.Entry, _ engine: Engine) throws {
        try Array(entry.key.utf8).withUnsafeBytes { key in
            _ = try Array(entry.value.utf8).withUnsafeBytes { value in
                try engine.put(
                    engine.key(key), value: value,
                    contentType: UnsafeRawBufferPointer(start: nil, count: 0), expiry: .never)
            }
        }
    }

    private func measurement(
        _ count: Int, _ raw: Int, _ ours: UInt64, _ peers: [UInt64]
    ) -> Measurement {
        var notes = [
            "\(count) packages, \(Quantity(Double(raw), .bytes).text) of keys and values; segment, "
                + "hint and checkpoint files."
        ]
        if let smallest = peers.last {
            notes.append(
                "Peer: RocksDB's table files after a full compaction, LZ4, blocks of "
                    + "\(Self.peerBlockBytes[0]) bytes (its default); with "
                    + "\(Self.peerBlockBytes[1]): \(Quantity(Double(smallest), .bytes).text).")
        }
        return Measurement(
            "disk, package descriptions", ours: Quantity(Double(ours), .bytes),
            peer: peers.first.map { Quantity(Double($0), .bytes) },
            target: Target(.ratioAtMost(1)), notes: notes)
    }
}
