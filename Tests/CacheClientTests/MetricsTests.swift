@testable import CacheClient
import Testing

@Suite("Reading metrics")
struct MetricsTests {
    @Test func samplesAreFoundByNameAndLabels() throws {
        let metrics = try Metrics(
            """
            # HELP a Help with { and "quotes".
            # TYPE a counter
            a 5
            b{x="1",y="q\\"\\\\\\n}"} 2.5e3 1700000000

            b{x="2"} +Inf
            c{} NaN
            """)
        #expect(metrics.value("a") == 5)
        #expect(metrics.value("b", ["x": "1"]) == 2500)
        #expect(metrics.samples["b"]?.first?.labels["y"] == "q\"\\\n}")
        #expect(metrics.value("b", ["x": "2"]) == .infinity)
        #expect(metrics.value("c").isNaN)
        #expect(metrics.value("d") == 0 && metrics.value("b", ["x": "3"]) == 0)
        #expect(metrics.values(of: "x", in: "b") == ["1", "2"])
    }

    @Test(arguments: [
        "a", "a x", "{} 5", "a{x} 5", "a{x=1} 5", "a{x=\"1} 5", "a{x=\"1\" 5",
        "a{x=\"1\"y=\"2\"} 5",
        "a{x=\"1\"}5", "a 5 6 7", "<html>",
    ])
    func whatIsNoSampleIsNamedByItsLine(line: String) {
        #expect {
            try Metrics("good 1\n" + line)
        } throws: { error in
            (error as? ClientError)?.message == "/metrics, line 2, is no sample"
        }
    }

    private func histogram(_ counts: [Double]) throws -> Metrics {
        let bounds = ["0.001", "0.01", "0.1", "+Inf"]
        return try Metrics(
            zip(bounds, counts).map { "h_bucket{op=\"get\",le=\"\($0)\"} \($1)" }
                .joined(separator: "\n") + "\nh_bucket{op=\"put\",le=\"+Inf\"} 9")
    }

    @Test func quantilesAreOfWhatHappenedBetweenTheScrapes() throws {
        let growth = HistogramGrowth(
            "h", ["op": "get"], from: try histogram([100, 100, 100, 100]),
            to: try histogram([150, 190, 200, 200]))
        #expect(growth.events == 100)
        #expect(growth.quantile(0.5) == 0.001)
        #expect(growth.quantile(0.25) == 0.0005)
        let p90 = try #require(growth.quantile(0.9))
        #expect(abs(p90 - 0.01) < 1e-9)
        #expect(growth.quantile(1) == 0.1)
    }

    @Test func whatLiesBeyondTheBoundsIsTheLastOfThem() throws {
        let none = try histogram([0, 0, 0, 0])
        #expect(
            HistogramGrowth("h", ["op": "get"], from: none, to: try histogram([0, 0, 0, 5]))
                .quantile(0.5) == 0.1)
        #expect(HistogramGrowth("h", ["op": "get"], from: none, to: none).quantile(0.5) == nil)
        #expect(HistogramGrowth("other", from: none, to: none).quantile(0.5) == nil)
    }

    @Test func aRestartIsNoNegativeRate() throws {
        let nodes = try NodesDocument(Array(#"{"epoch":1,"nodes":[]}"#.utf8))
        let figures = TopFigures(
            from: try Metrics("dcs_hits_total 500"), to: try Metrics("dcs_hits_total 5"),
            seconds: 1, nodes: nodes, address: "", now: 0)
        #expect(figures.rate("dcs_hits_total") == 0)
        #expect(figures.hitRatio == nil)
    }
}
