/// RocksDB, driven by its own benchmark program, in a folder of its own.
///
/// The settings are those that made it fastest here: a Bloom filter of 10 bits a key, and index
/// and filter blocks beside the block cache instead of in it (the default; in the cache they cost
/// reads a sixth, and with a small cache nearly everything).
struct DbBench {
    enum Compression: String, Sendable {
        case none
        case lz4
    }

    private static let program = "db_bench"
    private static let common = [
        "--key_size=\(Workload.keyBytes)", "--compression_ratio=0.5", "--bloom_bits=10",
        "--max_background_jobs=2",
    ]

    private let workbench: Workbench
    private let folder: String
    let keyCount: Int
    let compression: Compression

    init(_ workbench: Workbench, keyCount: Int, compression: Compression) throws {
        try Program.require(Self.program, package: "rocksdb-tools")
        self.workbench = workbench
        self.keyCount = keyCount
        self.compression = compression
        folder = workbench.folder.freshPath("rocksdb")
    }

    /// Random writes into a new store: operations a second.
    func fillRandom(_ flags: String...) throws -> Double {
        remove()
        return try run(["fillrandom"], flags).last!.operationsPerSecond
    }

    /// Makes a new store that has each key once, compacted: the best it can be for reads.
    func fillForReading() throws {
        remove()
        _ = try run(["filluniquerandom", "compact"], [])
    }

    /// Random reads of what `fillForReading` wrote, by one thread, once everything is warm.
    func readRandom(cacheBytes: Int) throws -> Double {
        let flags = ["--use_existing_db", "--cache_size=\(cacheBytes)"]
        return try run(["readrandom", "readrandom"], flags).last!.operationsPerSecond
    }

    func remove() { FileTree.remove(folder) }

    private func run(_ benchmarks: [String], _ flags: [String]) throws -> [DbBenchResult] {
        let arguments =
            [
                Self.program, "--db=\(folder)", "--benchmarks=" + benchmarks.joined(separator: ","),
                "--num=\(keyCount)", "--value_size=100",
                "--compression_type=\(compression.rawValue)",
            ] + Self.common + flags
        let lines = try workbench.output(of: arguments)
        let results = lines.compactMap(DbBenchResult.init(line:))
        guard results.map(\.name) == benchmarks else {
            throw BenchmarkError("db_bench said: " + lines.suffix(3).joined(separator: " "))
        }
        return results
    }
}

/// A line of results, such as
/// `fillrandom   :      7.789 micros/op 128391 ops/sec 7.789 seconds 1000000 operations;`
struct DbBenchResult: Equatable {
    let name: String
    let operationsPerSecond: Double

    /// Nil where the line is another.
    init?(line: String) {
        let words = line.split(separator: " ")
        guard let unit = words.firstIndex(of: "ops/sec"), unit >= 2, words[1] == ":",
            let rate = Double(words[unit - 1])
        else { return nil }
        name = String(words[0])
        operationsPerSecond = rate
    }
}
