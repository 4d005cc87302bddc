import CacheBase
import CacheEngine
import CacheNode
import CacheTelemetry
import NIOCore
import NIOPosix
import Testing

@testable import CacheHTTP

/// What is counted and timed of requests.
@Suite("Request times")
struct RequestTimesTests {
    private let times = LatencyHistograms(series: Operation.allCases.count)

    private func count(_ operation: Operation) -> UInt64 {
        times.snapshot(series: operation.rawValue).count
    }

    private func sum(_ operation: Operation) -> UInt64 {
        times.snapshot(series: operation.rawValue).sumNanoseconds
    }

    @Test func theRequestsOfOneReadShareItsTime() {
        var burst = RequestTimes()
        burst.begin(at: 1000)
        #expect(!burst.isIdle)
        for _ in 0..<5 { burst.note(.get) }
        burst.note(.put)
        burst.end(at: 1700, holding: .none, isWaiting: false, into: times)
        #expect(count(.get) == 5 && sum(.get) == 5 * 700)
        #expect(count(.put) == 1 && sum(.put) == 700)
        #expect(burst.isIdle && !burst.wantsEnd)
    }

    @Test func aRequestThatWaitsKeepsItsStart() {
        var burst = RequestTimes()
        burst.begin(at: 1000)
        burst.note(.get)
        burst.end(at: 1100, holding: .none, isWaiting: true, into: times)
        #expect(!burst.isIdle && !burst.wantsEnd)
        burst.rest(isWaiting: true)
        #expect(!burst.isIdle)
        burst.note(.get)
        burst.end(at: 9000, holding: .none, isWaiting: false, into: times)
        #expect(count(.get) == 2 && sum(.get) == 100 + 8000)
        #expect(burst.isIdle)
    }

    @Test func heldAnswersCountWhenTheyAreLetGo() {
        var burst = RequestTimes()
        burst.begin(at: 1000)
        burst.note(.put)
        burst.end(at: 1100, holding: .first, isWaiting: false, into: times)
        burst.begin(at: 2000)
        burst.note(.delete)
        burst.end(at: 2100, holding: .second, isWaiting: false, into: times)
        #expect(count(.put) == 0 && count(.delete) == 0)
        burst.release(groups: 1)
        burst.end(at: 5000, holding: .first, isWaiting: false, into: times)
        #expect(sum(.put) == 4000 && count(.delete) == 0)
        burst.release(groups: 2)
        burst.end(at: 6000, holding: .none, isWaiting: false, into: times)
        #expect(sum(.delete) == 4000)
        #expect(!burst.wantsEnd)
    }

    @Test func whatIsRefusedWithoutABurstTakesNoTime() {
        var burst = RequestTimes()
        burst.note(.other)
        burst.end(at: 5000, holding: .none, isWaiting: false, into: times)
        #expect(count(.other) == 1 && sum(.other) == 0)
    }

    @Test func everyRouteHasItsOperation() {
        #expect(Operation(.cache, .head) == .get)
        #expect(Operation(.cache, .post) == .put)
        #expect(Operation(.entry, .put) == .put)
        #expect(Operation(.batch, .post) == .batch)
        #expect(Operation(.batch, .delete) == .delete)
        #expect(Operation(.metrics, .get) == .control)
        #expect(Operation(.unknown, .get) == .other)
        #expect(Operation.allCases.count <= 8)
    }

    @Test func everyErrorHasAReasonButAMiss() {
        #expect(RefusalReason(.noEntry) == nil)
        #expect(RefusalReason(.noPath) == .unknownPath)
        #expect(RefusalReason(.noTransaction) == .unknownTransaction)
        #expect(RefusalReason(.overloaded("x")) == .overloaded)
        #expect(RefusalReason(Problem(StorageError(.poisoned, ""))) == .notWritable)
        #expect(RefusalReason(Problem(StorageError(.noSpace, ""))) == .diskFull)
        #expect(RefusalReason(Problem(StorageError(.corruption, ""))) == .corruption)
        #expect(RefusalReason(Problem(StorageError(.io, ""))) == .storage)
        #expect(RefusalReason(.badRequest("x")) == .malformed)
        #expect(RefusalReason.unknownPath.label == "unknown_path")
        #expect(Set(RefusalReason.allCases.map(\.label)).count == RefusalReason.allCases.count)
    }

    @Test func aConnectionCountsWhatItAnswersAndRefuses() {
        let harness = Harness()
        harness.ask("PUT", "/cache/k", body: "v")
        harness.ask("GET", "/cache/k")
        harness.ask("GET", "/cache/none")
        harness.ask("GET", "/nothing")
        harness.ask("POST", "/cache", body: "{")
        harness.recordTimes()
        let counters = harness.loop.counters
        #expect(counters.times.snapshot(series: Operation.get.rawValue).count == 2)
        #expect(counters.times.snapshot(series: Operation.put.rawValue).count == 2)
        #expect(counters.times.snapshot(series: Operation.other.rawValue).count == 1)
        #expect(counters.refusals(.unknownPath) == 1)
        #expect(counters.refusals(.malformed) == 1)
        #expect(RefusalReason.allCases.reduce(0) { $0 + counters.refusals($1) } == 2)
    }

    /// The size of a scrape, and so its cost, is that of the families and not of the loops.
    @Test func theScrapeOfManyLoopsIsAsLongAsThatOfOne() async throws {
        let store = try TestEngine()
        defer { store.end() }
        var lengths: [Int] = []
        for threads in [1, 8] {
            let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
            let server = DataServer(
                engine: store.engine, settings: DataPlaneSettings(), group: group,
                control: describeNode)
            let port = try await server.start(address: "127.0.0.1", port: 0)
            var client = Client(port: port)
            client?.send(ServerTests.live)
            #expect(client?.answer()?.status == 200)
            // A request is counted once its answer is on its way, the connection is there still.
            let end = ContinuousClock.now + .seconds(30)
            while server.traffic.requestTimes.count < 1, ContinuousClock.now < end {
                await Task.yield()
            }
            var text = PrometheusText()
            server.collectMetrics(&text)
            lengths.append(text.bytes.split(separator: UInt8(ascii: "\n")).count)
            #expect(server.counters.count == threads)
            #expect(server.traffic.requestTimes.count == 1)
            #expect(server.traffic.connections == 1)
            #expect(server.traffic.receivedBytes == UInt64(ServerTests.live.utf8.count))
            client = nil
            await server.drain(within: .seconds(2))
            try await group.shutdownGracefully()
        }
        #expect(lengths[0] == lengths[1])
    }
}
