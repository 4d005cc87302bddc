import Testing

@testable import dcs_bench

@Suite("Results as JSON")
struct ReportJSONTests {
    private let machine = Machine(processor: "p", cores: 2, memoryBytes: 0, kernel: "k")

    private func report(_ rows: Measurement...) -> Report {
        var report = Report(command: "c", machine: machine, loadAtStart: "0")
        report.peers = ["A \"1\""]
        report.add(rows)
        return report
    }

    @Test func roundsPeersAndTargetsAreThere() {
        var samples = Samples()
        for value in [3.0, 1, 2] { samples.add(value) }
        let row = Measurement(
            "GET", ours: Quantity(samples, .perSecond), peer: Quantity(4, .perSecond),
            target: Target(.atLeast(5), .ratioAtLeast(0.5)))
        #expect(
            report(row).json == #"{"peers": ["A \"1\""], "measurements": [{"figure": "GET", "#
                + #""unit": "perSecond", "better": "more", "ours": [3.0, 1.0, 2.0], "#
                + #""peer": [4.0], "peer_name": "RocksDB", "targets": "#
                + #"[{"bound": 5.0, "ratio": false}, {"bound": 0.5, "ratio": true}]}]}"# + "\n")
    }

    @Test func withoutATargetTheUnitTellsWhatIsBetter() {
        #expect(Measurement("x", ours: Quantity(1, .bytes)).json.contains(#""better": "less""#))
        #expect(Measurement("x", ours: Quantity(1, .perSecond)).json.contains(#""better": "more""#))
        #expect(Measurement("x", ours: Quantity(1, .bytes)).json.contains(#""peer": null"#))
    }

    @Test func textIsEscaped() {
        #expect(JSONText.string("a\"b\\c\nd") == #""a\"b\\c d""#)
    }
}
