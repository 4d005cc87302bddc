internal import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheNode
internal import Glibc
internal import Synchronization

/// A start over documents: until all are found, with their search files and without.
struct SearchStart: Benchmark {
    static let name = "search-start"
    static let summary = "1M documents until all are found: files present, files deleted"
    private static let documents = 1_000_000
    private static let readsPerMillisecond = 10

    func run(_ workbench: Workbench) throws -> [Measurement] {
        let texts = ZipfText()
        let count = workbench.scaled(Self.documents)
        var options = workbench.options("search-start")
        options.memoryBytesMax = 4 << 30
        options.diskBytesMax = 64 << 30
        defer { FileTree.remove(options.directory) }
        workbench.progress("filling")
        let filled = try fill(options, texts, count)
        var (present, deleted) = (Samples(), Samples())
        var (reads, wall) = (Samples(), Samples())
        for round in 1...workbench.rounds {
            workbench.progress("round \(round)")
            present.add(try start(options, texts, count).seconds)
            try removeSearchFiles(options.directory)
            let found = try start(options, texts, count)
            deleted.add(Double(filled.textBytes) / max(found.processorSeconds, 0.01))
            wall.add(found.seconds)
            reads.add(found.reads / found.seconds)
        }
        return [
            Measurement(
                "start with \(count) documents, search files present",
                ours: Quantity(present.median * 1000, .milliseconds), target: Target(.atMost(1000)),
                notes: ["Rounds: " + present.text(.times) + " (seconds)."]),
            Measurement(
                "start with \(count) documents, search files deleted, text a second of a core",
                ours: Quantity(deleted.median, .bytes), target: Target(.atLeast(50e6)),
                notes: [
                    "\(filled.textBytes) bytes of text by one thread, whose processor time counts, "
                        + "beside a reader of \(Quantity(reads.median, .perSecond).text). Rounds: "
                        + "\(deleted.text(.bytes)). Seconds until all was found: "
                        + wall.text(.times) + "."
                ]),
            Measurement(
                "text indexed while it is written, a second", ours: Quantity(filled.rate, .bytes),
                notes: [
                    "One writer as fast as it can, until all is found. Of the segments' entries "
                        + "\(filled.merged) took their postings from where they were, "
                        + "\(filled.read) were read."
                ]),
        ]
    }

    private struct Filled {
        var textBytes: Int
        var rate: Double
        var merged: UInt64
        var read: UInt64
    }

    private func fill(
        _ options: EngineOptions, _ texts: ZipfText, _ count: Int
    ) throws -> Filled {
        let engine = try Engine.open(options, files: RealFileSystem(), clock: .system())
        defer { engine.close() }
        let search = try SearchService(engine, files: RealFileSystem())
        defer { search.stop() }
        let driver = TextDriver(engine, texts)
        let watch = Stopwatch()
        for number in 0..<count { try driver.put(number) }
        while try engine.flush() {}
        while try !search.isUpToDate() { usleep(1000) }
        return Filled(
            textBytes: driver.textBytes, rate: Double(driver.textBytes) / watch.seconds,
            merged: search.entriesMerged, read: search.entriesRead)
    }

    private struct Started {
        var seconds: Double
        /// Of the thread that indexes segments.
        var processorSeconds: Double
        var reads: Double
    }

    /// Times from the start of search over an open store until all segments are indexed.
    private func start(
        _ options: EngineOptions, _ texts: ZipfText, _ count: Int
    ) throws -> Started {
        let engine = try Engine.open(options, files: RealFileSystem(), clock: .system())
        defer { engine.close() }
        let watch = Stopwatch()
        let search = try SearchService(engine, files: RealFileSystem())
        defer { search.stop() }
        let times = Mutex((wall: 0.0, processor: 0.0))
        let isOver = Atomic(false)
        let reads = try Threads.run(2) { role -> Int in
            guard role == 0 else { return try read(engine, texts, count, isOver) }
            defer { isOver.store(true, ordering: .relaxed) }
            while try !search.isUpToDate() { usleep(200) }
            let processor = ThreadTimes.seconds(ofThreadsNamed: "dcs-index")
            times.withLock { $0 = (watch.seconds, processor) }
            return 0
        }
        let (wall, processor) = times.withLock { $0 }
        return Started(seconds: wall, processorSeconds: processor, reads: Double(reads[1]))
    }

    /// Random reads at a rate, as a cache has them while it indexes.
    private func read(
        _ engine: Engine, _ texts: ZipfText, _ count: Int, _ isOver: borrowing Atomic<Bool>
    ) throws -> Int {
        let driver = TextDriver(engine, texts)
        let scratch = ReadScratch()
        var random = Random(seed: 5)
        let watch = Stopwatch()
        var (passed, reads) = (UInt64(0), 0)
        while !isOver.load(ordering: .relaxed) {
            let now = watch.nanoseconds / 1_000_000
            if now == passed { usleep(200) }
            for _ in 0..<(Int(now - passed) * Self.readsPerMillisecond) {
                guard try driver.get(random.next(below: count), scratch) else {
                    throw BenchmarkError("an entry is lost")
                }
                reads += 1
            }
            passed = now
        }
        return reads
    }

    private func removeSearchFiles(_ directory: String) throws {
        let files = RealFileSystem()
        for name in try files.list(directory + "/segments") where name.hasSuffix(".fts") {
            try files.remove(directory + "/segments/" + name)
        }
    }
}
