internal import ArgumentParser
internal import CacheBase
internal import CacheFiles
internal import CacheSearch

/// `dcs-bench search`: indexes a file's lines and asks queries, for the scripts that compare.
struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Index the lines of a file and ask queries; tools/bench search compares.",
        discussion: """
            Prints one line for the index: seconds and bytes; then, for each query, with --answers \
            its total and documents with scores, else nanoseconds.
            """)

    @Argument(help: "A file with one document on each line.")
    var corpus: String

    @Option(help: "A file with one query on each line.")
    var queries: String

    @Option(help: "Language of the stemmer, or none.")
    var language = "english"

    @Option(help: "Times that the index is built; the fastest counts.")
    var builds = 1

    @Option(help: "Times that each query is asked; the median counts.")
    var repeats = 5

    @Option(help: "Hits of a query.")
    var limit = 10

    @Flag(help: "Print what was found, and not how long it took.")
    var answers = false

    func run() throws {
        guard let analysis = TextAnalysis(language: language) else {
            throw ValidationError("there is no language \(language)")
        }
        let clock = Clock.system()
        let corpus = try SearchCorpus(corpus)
        let builder = try SearchIndexBuilder(analysis)
        var fastest = UInt64.max
        var index: SearchIndex?
        for _ in 0..<max(builds, 1) {
            let start = clock.monotonicNanoseconds()
            index = try corpus.index(builder)
            fastest = min(fastest, clock.monotonicNanoseconds() - start)
        }
        guard let index else { return }
        print("\(Double(fastest) / 1e9) \(index.bytes) \(corpus.documents) \(corpus.textBytes)")
        let searcher = Searcher([SearchPart(index)])
        for line in TextFile.lines(queries) {
            if answers {
                print(try answer(line, analysis, searcher))
            } else {
                print(try nanoseconds(line, analysis, searcher, clock))
            }
        }
    }

    private func answer(
        _ text: String, _ analysis: TextAnalysis, _ searcher: Searcher
    ) throws -> String {
        let result = try searcher.search(
            SearchQuery(text, analysis),
            SearchOptions(limit: limit, totalExactMax: searcher.parts[0].index.entries))
        let hits = result.hits.map { "\($0.ordinal):\($0.score)" }
        return ([String(result.total)] + hits).joined(separator: " ")
    }

    /// The median of all repeats, from the query's text to its hits.
    private func nanoseconds(
        _ text: String, _ analysis: TextAnalysis, _ searcher: Searcher, _ clock: Clock
    ) throws -> UInt64 {
        var times: [UInt64] = []
        for _ in 0..<max(repeats, 1) {
            let start = clock.monotonicNanoseconds()
            let query = try SearchQuery(text, analysis)
            _ = try searcher.search(query, SearchOptions(limit: limit))
            times.append(clock.monotonicNanoseconds() - start)
        }
        return times.sorted()[times.count / 2]
    }
}
