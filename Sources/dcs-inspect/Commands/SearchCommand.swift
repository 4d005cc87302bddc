internal import ArgumentParser
internal import CacheBase
internal import CacheConsole
internal import CacheInspect
internal import CacheSearch

/// `dcs-inspect search`: indexes what is live in memory and asks that, whatever search files say.
struct SearchCommand: ParsableCommand {
    /// An index of so much text is closed and another begun.
    private static let partBytes = 256 << 20
    private static let snippetBytes = 200

    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find live entries by the words of their values.",
        discussion: "Reads every value. The query is that of GET /search.")

    @OptionGroup var options: StoreOptions
    @OptionGroup var time: TimeOptions

    @Argument(help: "The query.")
    var query: String

    @Option(help: ArgumentHelp("How many to print.", valueName: "n"))
    var limit: UInt32 = 10

    @Option(
        help: "As search_language; by default that of the search files, or else english.")
    var language: String?

    func validate() throws {
        guard let language, !TextAnalysis.languages.contains(language) else { return }
        let known = TextAnalysis.languages.joined(separator: ", ")
        throw ValidationError("there is no language \(language); there are \(known)")
    }

    func run() throws {
        let snapshot = try options.snapshot()
        let analysis = try analysis(snapshot)
        let parsed = try parsedQuery(analysis)
        let now = snapshot.now(time.clock)
        var corpus = try Corpus(analysis, partBytes: Self.partBytes)
        var walk = EntryWalk(snapshot, at: now)
        let progress = ProgressBar(total: snapshot.segmentBytes, clock: .system())
        try walk.run(advance: progress.advance) { entry, _ throws(StorageError) in
            try corpus.add(entry)
        }
        progress.clear()
        let result = try corpus.search(parsed, limit: Int(limit))
        try show(result, corpus, Highlighter(parsed), snapshot, now)
        if !walk.damages.isEmpty { throw Failure.damaged(walk.damages) }
    }

    private func analysis(_ snapshot: StoreSnapshot) throws -> TextAnalysis {
        let name = try language ?? snapshot.searchLanguage()
        return name.flatMap { TextAnalysis(language: $0) } ?? .standard
    }

    private func parsedQuery(_ analysis: TextAnalysis) throws -> SearchQuery {
        do {
            return try SearchQuery(query, analysis)
        } catch {
            throw ValidationError("the query: \(error.description)")
        }
    }

    private func show(
        _ result: SearchResult, _ corpus: Corpus, _ highlighter: Highlighter,
        _ snapshot: StoreSnapshot, _ now: Timestamp
    ) throws {
        var report = ReportWriter(.search, options.format)
        for hit in result.hits {
            let bytes = corpus.key(of: hit)
            var snippet: String?
            var lookup = EntryLookup(snapshot, at: now)
            _ = try lookup.find(bytes) { entry, _ in
                snippet = highlighter.snippet(of: entry.value, bytesMax: Self.snippetBytes)
            }
            let key = ReadableBytes(bytes)
            report.row([
                .real(Double(hit.score)), key.encoding, .text(key.text),
                snippet.map { .text($0) } ?? .none,
            ])
        }
        report.finish([.number(result.total), .number(corpus.documents)])
    }
}

/// Everything that is live, indexed in memory part by part.
private struct Corpus {
    private let partBytes: Int
    private let builder: SearchIndexBuilder
    private var parts: [SearchPart] = []
    /// By part and ordinal.
    private var keys: [[[UInt8]]] = [[]]

    init(_ analysis: TextAnalysis, partBytes: Int) throws(StorageError) {
        self.partBytes = partBytes
        builder = try SearchIndexBuilder(analysis)
    }

    mutating func add(_ entry: StoredEntry) throws(StorageError) {
        if builder.bytes > partBytes { closePart() }
        try builder.add(entry.value, at: keys[keys.count - 1].count)
        keys[keys.count - 1].append(Array(entry.key))
    }

    private mutating func closePart() {
        let count = keys[keys.count - 1].count
        guard count > 0 else { return }
        parts.append(SearchPart(builder.finish(entries: count)))
        keys.append([])
    }

    mutating func search(_ query: SearchQuery, limit: Int) throws -> SearchResult {
        closePart()
        return try Searcher(parts).search(
            query, SearchOptions(limit: limit, totalExactMax: .max))
    }

    func key(of hit: SearchHit) -> [UInt8] { keys[hit.part][hit.ordinal] }

    var documents: Int { parts.reduce(0) { $0 + $1.index.documents } }
}
