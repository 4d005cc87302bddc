internal import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheNode
internal import Glibc
internal import Histogram
internal import Synchronization

/// How long it takes until a write is found, at rest and beside a writer.
struct SearchFresh: Benchmark {
    static let name = "search-fresh"
    static let summary = "from a PUT until its words are found, at rest and beside a writer"
    private static let writes = 300
    private static let otherPerMillisecond = 5

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let texts = ZipfText()
        return try workbench.withEngine(workbench.options("search-fresh")) { engine in
            let search = try SearchService(engine, files: RealFileSystem())
            defer { search.stop() }
            let driver = TextDriver(engine, texts)
            for number in 0..<workbench.scaled(50_000) { try driver.put(number) }
            while try !search.isUpToDate() { usleep(1000) }
            workbench.progress("at rest")
            let idle = try waits(workbench, engine, search, texts, named: "idle")
            workbench.progress("beside a writer")
            let isOver = Atomic(false)
            let busy = Mutex(Waits())
            _ = try Threads.run(2) { role in
                if role == 0 {
                    try write(engine, texts, from: 1_000_000, isOver)
                } else {
                    defer { isOver.store(true, ordering: .relaxed) }
                    let found = try waits(workbench, engine, search, texts, named: "busy")
                    busy.withLock { $0 = found }
                }
            }
            return [
                idle.measurement("a write is found, at rest"),
                busy.withLock { $0 }.measurement(
                    "a write is found, beside \(Self.otherPerMillisecond * 1000) PUT/s of text"),
            ]
        }
    }

    /// Times from before the write to the answer that has it, in milliseconds.
    private struct Waits: Sendable {
        var times: [Double] = []

        func measurement(_ figure: String) -> Measurement {
            let sorted = times.sorted()
            func at(_ share: Double) -> Double { sorted[Int(share * Double(sorted.count - 1))] }
            return Measurement(
                figure + ", p99", ours: Quantity(at(0.99), .milliseconds),
                target: Target(.atMost(100)),
                notes: [
                    "p50 \(Quantity(at(0.5), .milliseconds).text), max "
                        + "\(Quantity(at(1), .milliseconds).text) of \(times.count) writes, the "
                        + "search that finds it included."
                ])
        }
    }

    private func waits(
        _ workbench: Workbench, _ engine: Engine, _ search: SearchService, _ texts: ZipfText,
        named name: String
    ) throws -> Waits {
        let driver = TextDriver(engine, texts)
        var random = Random(seed: 3)
        var waits = Waits()
        for number in 0..<workbench.scaled(Self.writes) {
            usleep(UInt32(random.next(below: 30_000)))
            let word = "\(name)x\(number)x"
            let watch = Stopwatch()
            try driver.put(500_000_000 + number, Array("some words and \(word)".utf8))
            while search.find(word).isEmpty {
                guard watch.seconds < 10 else { throw BenchmarkError("a write is not found") }
                usleep(500)
            }
            waits.times.append(Double(watch.nanoseconds) / 1e6)
        }
        return waits
    }

    private func write(
        _ engine: Engine, _ texts: ZipfText, from first: Int, _ isOver: borrowing Atomic<Bool>
    ) throws {
        let driver = TextDriver(engine, texts)
        let watch = Stopwatch()
        var (passed, number) = (UInt64(0), first)
        while !isOver.load(ordering: .relaxed) {
            let now = watch.nanoseconds / 1_000_000
            if now == passed { usleep(200) }
            for _ in 0..<(Int(now - passed) * Self.otherPerMillisecond) {
                try driver.put(number)
                number += 1
            }
            passed = now
        }
    }
}

extension SearchService {
    /// The keys found, as the answer has them.
    fileprivate func find(_ query: String) -> [UInt8] {
        let answer = search(SearchRequest(query: query))
        let text = String(decoding: answer.body, as: UTF8.self)
        return text.contains("\"hits\":[]") ? [] : answer.body
    }
}
