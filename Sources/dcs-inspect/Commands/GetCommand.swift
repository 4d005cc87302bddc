internal import ArgumentParser
internal import CacheBase
internal import CacheConsole
internal import CacheEngine
internal import CacheInspect

/// `dcs-inspect get`.
struct GetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print the value of one key.",
        discussion: "As text, the value alone and nothing else. Exit code 1 where there is none.")

    @OptionGroup var options: StoreOptions

    @Argument(help: "The key.")
    var key: String

    @OptionGroup var time: TimeOptions

    @Flag(help: "The key is given in base64.")
    var base64 = false

    func validate() throws {
        if base64, Base64.bytes(key) == nil { throw ValidationError("the key is not base64") }
    }

    func run() throws {
        let snapshot = try options.snapshot()
        let bytes = base64 ? Base64.bytes(key) ?? [] : Array(key.utf8)
        var lookup = EntryLookup(snapshot, at: snapshot.now(time.clock))
        let found = try lookup.find(bytes) { entry, place in print(entry, place) }
        if !lookup.damages.isEmpty { throw Failure.damaged(lookup.damages) }
        if !found {
            if options.format != .text { printMiss(bytes) }
            throw Failure.notFound("no entry of that key")
        }
    }

    private func print(_ entry: StoredEntry, _ place: EntryPlace) {
        guard options.format != .text else {
            return StandardOutput().write(Array(entry.value))
        }
        let key = ReadableBytes(entry.key)
        let value = ReadableBytes(entry.value)
        let (file, offset) =
            switch place {
            case .segment(let id, let offset, _):
                (options.folder.name(options.folder.layout.segment(id)), offset)
            case .log(let file, let offset): (file, offset)
            }
        var report = ReportWriter(.get, options.format)
        report.finish([
            .text(key.text), key.encoding, .flag(true), .count(entry.lsn.rawValue),
            .moment(entry.expiry.rawValue), entry.contentTypeValue, .text(file), .count(offset),
            .text(value.text), value.encoding,
        ])
    }

    private func printMiss(_ bytes: [UInt8]) {
        let key = bytes.withUnsafeBytes { ReadableBytes($0) }
        var report = ReportWriter(.get, options.format)
        report.finish(
            [.text(key.text), key.encoding, .flag(false)]
                + [Value](repeating: .none, count: 7))
    }
}
