internal import CacheBase
internal import CacheFiles
internal import CacheSearch

/// Documents to be indexed: a file with one on each line.
struct SearchCorpus {
    private let bytes: [UInt8]
    private let lines: [Range<Int>]

    init(_ path: String) throws {
        bytes = try RealFileSystem().contents(of: path, limit: 4 << 30)
        var lines: [Range<Int>] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == 10 {
            lines.append(start..<index)
            start = index + 1
        }
        if start < bytes.count { lines.append(start..<bytes.count) }
        self.lines = lines
    }

    var documents: Int { lines.count }
    var textBytes: Int { lines.reduce(0) { $0 + $1.count } }

    /// The index of all documents, in memory.
    func index(_ builder: SearchIndexBuilder) throws -> SearchIndex {
        try bytes.withUnsafeBytes { bytes in
            for (ordinal, line) in lines.enumerated() {
                try builder.add(UnsafeRawBufferPointer(rebasing: bytes[line]), at: ordinal)
            }
        }
        return builder.finish(entries: lines.count)
    }
}
