internal import ArgumentParser
internal import CacheBase
internal import CacheConsole
internal import CacheFiles
internal import CacheInspect

/// What every command takes.
struct StoreOptions: ParsableArguments {
    @Argument(help: "The data folder.")
    var dataDir: String

    @Option(help: "text, json (one document) or ndjson (one row a line).")
    var format: OutputFormat = .text

    var folder: StoreFolder { Self.folder(dataDir) }

    static func folder(_ path: String) -> StoreFolder {
        StoreFolder(path, files: RealFileSystem())
    }

    /// A snapshot of the folder; repeated attempts are told on standard error.
    func snapshot() throws -> StoreSnapshot {
        try StoreSnapshot.take(of: folder, note: Self.note)
    }

    static func note(_ text: String) { StandardError.write("dcs-inspect: " + text + "\n") }
}

/// What commands take that judge whether an entry has expired.
struct TimeOptions: ParsableArguments {
    @Option(help: "Take this for now: milliseconds since 1970.")
    var at: UInt64?

    var clock: Clock { at.map { .manual(start: Timestamp(rawValue: $0)) } ?? .system() }
}

extension StoreSnapshot {
    /// Bytes of all segments, for a progress bar.
    var segmentBytes: UInt64 { segments.reduce(0) { $0 + $1.bytes } }
}
