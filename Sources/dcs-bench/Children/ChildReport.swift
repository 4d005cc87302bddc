internal import CacheEngine
internal import Glibc

/// What a child tells the run that started it: a line of numbers.
struct ChildReport: Sendable, Equatable {
    var entries: Int
    /// Until the engine was open.
    var milliseconds: Double
    var memory: ProcessMemory
    var indexBytes: Int
    /// Records that recovery read from the log.
    var replayedRecords: Int

    init(_ engine: Engine, milliseconds: Double) {
        let figures = engine.statistics()
        entries = figures.liveEntries
        self.milliseconds = milliseconds
        memory = .current()
        indexBytes = figures.indexBytes
        replayedRecords = engine.recovery.replayedRecords
    }

    /// Reads the line that `send` wrote; nil where it is none.
    init?(line: String) {
        let words = line.split(separator: " ")
        guard words.count == 8, words[0] == "report", let entries = Int(words[1]),
            let milliseconds = Double(words[2]), let anonymous = UInt64(words[3]),
            let file = UInt64(words[4]), let shared = UInt64(words[5]),
            let indexBytes = Int(words[6]), let replayedRecords = Int(words[7])
        else { return nil }
        self.entries = entries
        self.milliseconds = milliseconds
        memory = ProcessMemory()
        memory.anonymous = anonymous
        memory.file = file
        memory.shared = shared
        self.indexBytes = indexBytes
        self.replayedRecords = replayedRecords
    }

    var line: String {
        "report \(entries) \(milliseconds) \(memory.anonymous) \(memory.file) \(memory.shared) "
            + "\(indexBytes) \(replayedRecords)"
    }

    func send() { Self.sendLine(line) }

    static func sendLine(_ line: String) {
        try? TextFile.writeAll(Array((line + "\n").utf8), to: STDOUT_FILENO)
    }
}
