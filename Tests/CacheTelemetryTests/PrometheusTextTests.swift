import CacheBase
import Testing

@testable import CacheTelemetry

@Suite("Prometheus text")
struct PrometheusTextTests {
    private func text(_ body: (inout PrometheusText) -> Void) -> String {
        var text = PrometheusText()
        body(&text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    @Test func aFamilyHasItsHeadAndItsSamples() {
        let text = text { text in
            text.metric("dcs_entries", .gauge, "Live entries.", UInt64(3))
            text.begin("dcs_refused_total", .counter, "Refused.")
            text.sample("dcs_refused_total", [("reason", "slow")], UInt64(1))
            text.sample("dcs_refused_total", [("reason", "a\"b\\c\nd"), ("x", "y")], 0.5)
        }
        #expect(
            text == """
                # HELP dcs_entries Live entries.
                # TYPE dcs_entries gauge
                dcs_entries 3
                # HELP dcs_refused_total Refused.
                # TYPE dcs_refused_total counter
                dcs_refused_total{reason="slow"} 1
                dcs_refused_total{reason="a\\"b\\\\c\\nd",x="y"} 0.5

                """)
    }

    @Test func bucketsAddUpToTheCount() {
        let histograms = LatencyHistograms()
        histograms.record(nanoseconds: 40_000, times: 2)
        histograms.record(nanoseconds: 70_000)
        histograms.record(nanoseconds: 30_000_000_000)
        let lines = text { text in
            text.begin("t_seconds", .histogram, "T.")
            text.histogram("t_seconds", [("operation", "get")], histograms.snapshot())
        }.split(separator: "\n").dropFirst(2)
        #expect(lines.count == LatencyBuckets.count + 2)
        #expect(lines.first == #"t_seconds_bucket{operation="get",le="5e-05"} 2"#)
        #expect(lines.contains(#"t_seconds_bucket{operation="get",le="0.0001"} 3"#))
        #expect(lines.contains(#"t_seconds_bucket{operation="get",le="10"} 3"#))
        #expect(lines.contains(#"t_seconds_bucket{operation="get",le="+Inf"} 4"#))
        #expect(lines.contains(#"t_seconds_sum{operation="get"} 30.00015"#))
        #expect(lines.last == #"t_seconds_count{operation="get"} 4"#)
    }

    @Test(arguments: [
        (0.0, "0"), (1.0, "1"), (-2.0, "-2"), (0.25, "0.25"), (1.5e300, "1.5e+300"),
        (.infinity, "+Inf"), (.nan, "NaN"),
    ])
    func numbersAreWrittenAsTheFormatKnowsThem(number: Double, expected: String) {
        #expect(text { $0.metric("x", .gauge, "X.", number) }.hasSuffix("\nx \(expected)\n"))
    }

    @Test func aRegistryAsksItsCollectorsInTheirOrder() {
        let registry = MetricRegistry()
        registry.add { $0.metric("b", .gauge, "B.", UInt64(1)) }
        registry.add { $0.metric("a", .gauge, "A.", UInt64(2)) }
        let text = String(decoding: registry.text(), as: UTF8.self)
        #expect(text.contains("\nb 1\n# HELP a A.\n"))
        #expect(text.hasSuffix("\na 2\n"))
    }

    @Test func theProcessIsMeasured() throws {
        let process = ProcessMetrics()
        let lines = text { process.collect(&$0) }.split(separator: "\n")
        func value(_ name: String) throws -> Double {
            let line = try #require(lines.first { $0.hasPrefix(name + " ") })
            return try #require(Double(line.dropFirst(name.count + 1)))
        }
        #expect(try value("process_resident_memory_bytes") > 1_048_576)
        #expect(
            try value("process_virtual_memory_bytes") > (try value("process_resident_memory_bytes"))
        )
        #expect(try value("process_cpu_seconds_total") >= 0)
        #expect(try value("process_threads") >= 1)
        #expect(try value("process_open_fds") >= 3)
        #expect(try value("process_max_fds") >= (try value("process_open_fds")))
        // After 2020, and not in the future by more than a clock's step.
        #expect(try value("process_start_time_seconds") > 1_577_836_800)
    }
}
