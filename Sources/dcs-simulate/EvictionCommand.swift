internal import ArgumentParser
internal import CacheConsole
internal import CacheEviction

/// Policies of eviction over traces of requests.
struct EvictionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eviction",
        abstract: "Compare policies of eviction by their hit ratios.",
        discussion: """
            Runs each trace through each policy, at each size of the cache, which begins empty. A log \
            has a line for each request: a key, and behind blanks its size in bytes and the time, \
            where they are known.
            """)

    @Option(help: "Generate this trace; may be repeated. All, where neither it nor a log is given.")
    var trace: [SyntheticTrace] = []

    @Option(help: "Read this log of requests; may be repeated. \"-\" is standard input.")
    var log: [String] = []

    @Option(help: "Sizes of the cache, in percent of all that a trace asks for.")
    var sizes = "1,2,5,10,20,40,60,90"

    @Option(help: "Run this policy; may be repeated. All, where none is given.")
    var policy: [PolicyName] = []

    @Option(help: "What a cache is full of; bytes where entries differ in size, else entries.")
    var unit: CacheRoom.Unit?

    @Option(help: "Requests of a generated trace.")
    var requests = 1_000_000

    @Option(help: "Keys of the popular part of a generated trace.")
    var keys = 100_000

    @Option(help: "What generated traces follow from.")
    var seed: UInt64 = 1

    @Option(help: "Write the results there as JSON; \"-\" is standard output, without the tables.")
    var json: String?

    func validate() throws {
        guard (0...EvictionLimits.requestsMax).contains(requests) else {
            throw ValidationError("0 to \(EvictionLimits.requestsMax) requests")
        }
        guard (1...EvictionLimits.keysMax / 4).contains(keys) else {
            throw ValidationError("1 to \(EvictionLimits.keysMax / 4) keys")
        }
        _ = try shares()
    }

    func run() throws {
        let shares = try shares()
        var report = EvictionReport(seed: seed, policies: policy.isEmpty ? nil : policy)
        for path in log { report.add(try read(path), unit, shares) { show($0) } }
        let generated = trace.isEmpty && log.isEmpty ? SyntheticTrace.allCases : trace
        for kind in generated {
            let made = kind.trace(requests: requests, keys: keys, seed: seed)
            report.add(made, unit, shares) { show($0) }
        }
        if let json {
            let sink = try ByteSink.open(json)
            try sink.write(report.json)
            try sink.finish()
        }
    }

    private func show(_ lines: [String]) {
        if json != "-" { lines.forEach { print($0) } }
    }

    private func shares() throws -> [Double] {
        try sizes.split(separator: ",").map { text in
            guard let percent = Double(text), percent > 0, percent <= 100 else {
                throw ValidationError("\(text) is no size: above 0 and up to 100 percent")
            }
            return percent / 100
        }
    }

    private func read(_ path: String) throws -> Trace {
        var log = RequestLog()
        do {
            let source = try ByteSource.open(path)
            while let bytes = try source.read(atMost: 1 << 20) { try log.read(bytes) }
            try log.end()
        } catch is TraceBuilder.Full {
            throw ValidationError("\(path): more requests or keys than fit a trace")
        } catch let error as StreamError {
            throw ValidationError(error.message)
        }
        show(log.badLines.map { "\(path):\($0.number): \($0.reason)" })
        if log.badLineCount > 0 { show(["\(path): \(log.badLineCount) bad lines passed over"]) }
        guard log.requests > 0 else { throw ValidationError("\(path): no request in it") }
        return log.trace(named: path)
    }
}

extension SyntheticTrace: ExpressibleByArgument {}
extension PolicyName: ExpressibleByArgument {}
extension CacheRoom.Unit: ExpressibleByArgument {}
