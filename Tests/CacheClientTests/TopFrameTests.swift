@testable import CacheClient
import Testing

@Suite("The live view's picture")
struct TopFrameTests {
    private func metrics(_ factor: Double) throws -> Metrics {
        let gauges = """
            dcs_build_info{version="0.1.0"} 1
            process_start_time_seconds 1000
            dcs_ready 1
            dcs_entries 12345
            dcs_memory_used_bytes 536870912
            dcs_memory_max_bytes 1073741824
            dcs_memory_index_bytes 1048576
            dcs_memory_hot_bytes 2097152
            dcs_disk_used_bytes 1610612736
            dcs_disk_max_bytes 10737418240
            dcs_disk_live_bytes 1181116006
            dcs_segments 24
            dcs_disk_full 0
            dcs_accepts_writes 1
            dcs_wal_bytes 67108864
            dcs_wal_backlog_bytes 34567
            dcs_write_amplification_ratio 1.234
            dcs_transactions_open 3
            dcs_connections 64

            """
        let counters = [
            ("dcs_hits_total", 9000.0), ("dcs_misses_total", 1000),
            ("dcs_evictions_total", 15), ("dcs_expirations_total", 0.5),
            ("dcs_wal_appended_bytes_total", 5_242_880), ("dcs_compaction_read_bytes_total", 2048),
            ("dcs_compaction_written_bytes_total", 1024),
            ("dcs_wal_sync_duration_seconds_count", 10),
            ("dcs_wal_sync_duration_seconds_bucket{le=\"0.001\"}", 10),
            ("dcs_wal_sync_duration_seconds_bucket{le=\"+Inf\"}", 10),
            ("dcs_transactions_total{outcome=\"committed\"}", 40),
            ("dcs_transactions_total{outcome=\"conflict\"}", 2),
            ("dcs_transactions_total{outcome=\"rolled_back\"}", 1),
            ("dcs_transactions_total{outcome=\"timed_out\"}", 0),
            ("dcs_network_receive_bytes_total", 1_048_576),
            ("dcs_network_transmit_bytes_total", 3_145_728),
            ("dcs_requests_refused_total{reason=\"malformed\"}", 1),
            ("dcs_requests_refused_total{reason=\"forbidden\"}", 1),
            ("dcs_request_duration_seconds_bucket{operation=\"get\",le=\"0.0001\"}", 9900),
            ("dcs_request_duration_seconds_bucket{operation=\"get\",le=\"0.001\"}", 10_000),
            ("dcs_request_duration_seconds_bucket{operation=\"get\",le=\"+Inf\"}", 10_000),
            ("dcs_request_duration_seconds_count{operation=\"get\"}", 10_000),
            ("dcs_request_duration_seconds_bucket{operation=\"put\",le=\"+Inf\"}", 0),
            ("dcs_request_duration_seconds_count{operation=\"put\"}", 0),
        ]
        return try Metrics(
            gauges + counters.map { "\($0.0) \($0.1 * factor)" }.joined(separator: "\n"))
    }

    private func figures() throws -> TopFigures {
        let nodes = try NodesDocument(
            Array(
                #"""
                {"epoch":1,"nodes":[{"id":"32586ee7ad907d53","address":"127.0.0.1:50051",
                "state":"ready","role":"primary","lag_bytes":0},{"id":"other\u001b[2J","address":
                "127.0.0.2:50051","state":"ready","role":"replica","lag_bytes":2048}]}
                """#.utf8))
        return TopFigures(
            from: try metrics(1), to: try metrics(3), seconds: 2, nodes: nodes,
            address: "http://127.0.0.1:50051", now: 12_345)
    }

    @Test func theFrameIsAsItWas() throws {
        let expected = """
            dcs 0.1.0   http://127.0.0.1:50051   ready   up 3h 9m   12,345 entries

            requests      /s    p50     p99   p99.9
            get       10,000  51 µs  100 µs  910 µs
            put            0      -       -       -

            hits          [###########################...]   90.0 %   9,000/s hit   1,000/s missed
            memory        [###############...............]   512.0 MiB of 1.0 GiB   index 1.0 MiB   hot 2.0 MiB
            disk          [#####.........................]   1.5 GiB of 10.0 GiB   live 1.1 GiB   24 segments

            log           64.0 MiB   33.8 KiB to pack   5.0 MiB/s written   10/s syncs   p99 990 µs
            compaction    2.0 KiB/s read   1.0 KiB/s written   1.23 bytes to disk for each one
            removed       15/s evicted   0.5/s expired   45 evicted in all
            transactions  3 open   40/s committed   2.0/s conflict   1.0/s rolled back   0/s timed out
            clients       64 connections   1.0 MiB/s in   3.0 MiB/s out   2.0/s refused

            NODE              ADDRESS          STATE  ROLE      BEHIND
            32586ee7ad907d53  127.0.0.1:50051  ready  primary      0 B
            other\\u{1b}[2J    127.0.0.2:50051  ready  replica  2.0 KiB
            """
        let lines = TopFrame(try figures()).lines()
        #expect(lines.joined(separator: "\n") == expected)
    }

    @Test func linesAreCutToTheWindow() throws {
        let lines = TopFrame(try figures()).lines(columns: 20)
        #expect(lines.allSatisfy { $0.count <= 20 })
        #expect(lines.count == TopFrame(try figures()).lines().count)
    }

    @Test func barsStayInTheirFrame() {
        #expect(TopFrame.bar(0) == "[" + String(repeating: ".", count: 30) + "]")
        #expect(TopFrame.bar(7) == "[" + String(repeating: "#", count: 30) + "]")
        #expect(TopFrame.bar(-1) == TopFrame.bar(0))
        #expect(TopFrame.bar(.nan).count == 32)
    }
}
