/// RocksDB's size on disk for given entries, by `ldb load` and a full compaction.
struct RocksLoad {
    private static let program = "ldb"
    private static let chunkBytes = 1 << 20

    private let workbench: Workbench

    init(_ workbench: Workbench) throws {
        try Program.require(Self.program, package: "rocksdb-tools")
        self.workbench = workbench
    }

    /// Bytes of its table files, compressed with LZ4; log and metadata do not count.
    func tableBytes(_ entries: [(key: String, value: String)], blockBytes: Int) throws -> UInt64 {
        let folder = workbench.folder.freshPath("rocksdb")
        defer { FileTree.remove(folder) }
        let shared = [
            Self.program, "--db=\(folder)", "--compression_type=lz4", "--block_size=\(blockBytes)",
            "--bloom_bits=10",
        ]
        try load(entries, shared + ["load", "--create_if_missing", "--disable_wal"])
        _ = try workbench.output(of: shared + ["compact"])
        let bytes = FileTree.bytes(folder) { $0.hasSuffix(".sst") }
        guard bytes > 0 else { throw BenchmarkError("ldb made no table file") }
        return bytes
    }

    private func load(_ entries: [(key: String, value: String)], _ arguments: [String]) throws {
        let child = try workbench.start(arguments)
        var chunk: [UInt8] = []
        for entry in entries {
            chunk += Array("\(entry.key) ==> \(entry.value)\n".utf8)
            if chunk.count >= Self.chunkBytes {
                try child.write(chunk)
                chunk = []
            }
        }
        try child.write(chunk)
        child.closeInput()
        _ = child.readAll()
        guard child.wait() == 0 else { throw BenchmarkError("ldb load failed") }
    }
}
