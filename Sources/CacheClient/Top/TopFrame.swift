internal import CacheConsole

/// The live view's picture: figures in, lines out.
package struct TopFrame {
    private static let barWidth = 30
    private let figures: TopFigures

    package init(_ figures: TopFigures) { self.figures = figures }

    /// The frame, top to bottom; lines are cut to `columns` characters.
    package func lines(columns: Int = 100) -> [String] {
        let all =
            [head, ""] + operations + [""] + spaces + [""] + activity + [""]
            + figures.nodes.lines
        return all.map { String($0.prefix(columns)) }
    }

    private var head: String {
        let state =
            figures.value("dcs_disk_full") > 0
            ? "disk full"
            : figures.value("dcs_accepts_writes") > 0 ? "ready" : "takes no writes"
        return [
            "dcs " + PrintableText.of(figures.version), figures.address,
            figures.value("dcs_ready") > 0 ? state : "not ready",
            "up " + HumanText.duration(figures.uptimeSeconds),
            count("dcs_entries") + " entries",
        ].joined(separator: "   ")
    }

    private var operations: [String] {
        var table = TextTable([
            .text("requests"), .number("/s"), .number("p50"), .number("p99"), .number("p99.9"),
        ])
        for operation in figures.operations {
            table.add(
                [PrintableText.of(operation.name), HumanText.rate(operation.rate)]
                    + [0.5, 0.99, 0.999].map { quantile(operation.times, $0) })
        }
        return table.lines
    }

    private func quantile(_ times: HistogramGrowth, _ share: Double) -> String {
        times.quantile(share).map(HumanText.latency) ?? "-"
    }

    private var spaces: [String] {
        let hits = HumanText.rate(figures.rate("dcs_hits_total"))
        let misses = HumanText.rate(figures.rate("dcs_misses_total"))
        let ratio = figures.hitRatio
        return [
            row(
                "hits", Self.bar(ratio ?? 0),
                (ratio.map(HumanText.share) ?? "no reads") + "   \(hits)/s hit   \(misses)/s missed"
            ),
            space("memory", "index " + bytes("dcs_memory_index_bytes"))
                + "   hot " + bytes("dcs_memory_hot_bytes"),
            space("disk", "live " + bytes("dcs_disk_live_bytes"))
                + "   " + count("dcs_segments") + " segments",
        ]
    }

    private func space(_ name: String, _ more: String) -> String {
        let used = figures.value("dcs_\(name)_used_bytes")
        let limit = figures.value("dcs_\(name)_max_bytes")
        let share = limit > 0 ? used / limit : 0
        return row(
            name, Self.bar(share),
            "\(HumanText.bytes(used)) of \(HumanText.bytes(limit))   \(more)")
    }

    private var activity: [String] {
        let syncs = figures.times("dcs_wal_sync_duration_seconds")
        return [
            row(
                "log", bytes("dcs_wal_bytes"), bytes("dcs_wal_backlog_bytes") + " to pack",
                byteRate("dcs_wal_appended_bytes_total") + " written",
                rate("dcs_wal_sync_duration_seconds_count") + " syncs",
                "p99 " + quantile(syncs, 0.99)),
            row(
                "compaction", byteRate("dcs_compaction_read_bytes_total") + " read",
                byteRate("dcs_compaction_written_bytes_total") + " written",
                HumanText.ratio(figures.value("dcs_write_amplification_ratio"))
                    + " bytes to disk for each one"),
            row(
                "removed", rate("dcs_evictions_total") + " evicted",
                rate("dcs_expirations_total") + " expired",
                count("dcs_evictions_total") + " evicted in all"),
            row(
                "transactions", count("dcs_transactions_open") + " open",
                transactions("committed"), transactions("conflict"), transactions("rolled_back"),
                transactions("timed_out")),
            row(
                "clients", count("dcs_connections") + " connections",
                byteRate("dcs_network_receive_bytes_total") + " in",
                byteRate("dcs_network_transmit_bytes_total") + " out",
                HumanText.rate(figures.sumRate("dcs_requests_refused_total")) + "/s refused"),
        ]
    }

    private func transactions(_ outcome: String) -> String {
        HumanText.rate(figures.rate("dcs_transactions_total", ["outcome": outcome])) + "/s "
            + outcome.split(separator: "_").joined(separator: " ")
    }

    private func row(_ name: String, _ parts: String...) -> String {
        name + String(repeating: " ", count: 14 - name.count) + parts.joined(separator: "   ")
    }

    static func bar(_ share: Double) -> String {
        let filled = Int((max(0, min(share, 1)) * Double(barWidth)).rounded())
        return "[" + String(repeating: "#", count: filled)
            + String(repeating: ".", count: barWidth - filled) + "]"
    }

    private func count(_ name: String) -> String {
        HumanText.count(UInt64(max(0, min(figures.value(name), 1e18))))
    }

    private func bytes(_ name: String) -> String { HumanText.bytes(figures.value(name)) }

    private func rate(_ name: String) -> String { HumanText.rate(figures.rate(name)) + "/s" }

    private func byteRate(_ name: String) -> String {
        HumanText.bytes(figures.rate(name)) + "/s"
    }
}
