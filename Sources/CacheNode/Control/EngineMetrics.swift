internal import CacheBase
package import CacheEngine
package import CacheTelemetry

extension EngineStatistics {
    /// Writes the storage engine's metrics.
    package func collect(_ text: inout PrometheusText) {
        collectEntries(&text)
        collectSpace(&text)
        collectLog(&text)
        collectBackground(&text)
        collectTransactions(&text)
    }

    private func collectTransactions(_ text: inout PrometheusText) {
        text.metric(
            "dcs_transactions_open", .gauge, "Transactions open.", UInt64(transactionsOpen))
        text.begin("dcs_transactions_total", .counter, "Transactions that ended, by how.")
        for (outcome, count) in [
            ("committed", transactionsCommitted), ("conflict", transactionConflicts),
            ("rolled_back", transactionsRolledBack), ("timed_out", transactionsTimedOut),
        ] {
            text.sample("dcs_transactions_total", [("outcome", outcome)], count)
        }
    }

    private func collectEntries(_ text: inout PrometheusText) {
        text.metric("dcs_entries", .gauge, "Live entries.", UInt64(liveEntries))
        text.metric("dcs_hits_total", .counter, "Reads that found their entry.", hits)
        text.metric("dcs_misses_total", .counter, "Reads that found none.", misses)
        text.metric(
            "dcs_evictions_total", .counter, "Entries removed to make room.", evictions)
        text.metric(
            "dcs_expirations_total", .counter, "Entries removed at the end of their life.",
            expirations)
    }

    private func collectSpace(_ text: inout PrometheusText) {
        text.metric(
            "dcs_memory_used_bytes", .gauge, "Memory of the process.", memoryUsedBytes)
        text.metric("dcs_memory_max_bytes", .gauge, "The setting max_memory.", memoryBytesMax)
        text.metric(
            "dcs_memory_index_bytes", .gauge, "Memory of the key index.", UInt64(indexBytes))
        text.metric(
            "dcs_memory_hot_bytes", .gauge, "Memory of recent values.", UInt64(hotBytes))
        text.metric(
            "dcs_disk_used_bytes", .gauge, "Bytes of segment files.", diskUsedBytes)
        text.metric("dcs_disk_max_bytes", .gauge, "The setting max_disk.", diskBytesMax)
        text.metric(
            "dcs_disk_live_bytes", .gauge, "Bytes of segment files that live entries take.",
            diskLiveBytes)
        text.metric(
            "dcs_disk_dead_bytes", .gauge,
            "Bytes of segment files that compaction can give back.",
            diskUsedBytes - min(diskLiveBytes, diskUsedBytes))
        text.metric("dcs_segments", .gauge, "Segment files.", UInt64(segments))
        text.metric(
            "dcs_disk_full", .gauge, "1 where writes are refused because the disk is full.",
            UInt64(isDiskFull ? 1 : 0))
    }

    private func collectLog(_ text: inout PrometheusText) {
        text.metric(
            "dcs_wal_bytes", .gauge, "Bytes of the log's files.", UInt64(logFileBytes))
        text.metric(
            "dcs_wal_appended_bytes_total", .counter, "Bytes written to the log.",
            logBytesAppended)
        text.metric(
            "dcs_wal_backlog_bytes", .gauge, "Bytes of the log that are not in segments yet.",
            logBacklogBytes)
        text.metric(
            "dcs_wal_unsynced_records", .gauge, "Records that a power loss would take.",
            lastLSN.rawValue - min(durableLSN.rawValue, lastLSN.rawValue))
        text.metric("dcs_wal_last_lsn", .gauge, "Number of the newest record.", lastLSN.rawValue)
        text.metric(
            "dcs_accepts_writes", .gauge, "0 after a failed sync, until a restart.",
            UInt64(acceptsWrites ? 1 : 0))
        text.begin("dcs_wal_sync_duration_seconds", .histogram, "Time of a sync of the log.")
        text.histogram("dcs_wal_sync_duration_seconds", [], syncTimes)
    }

    private func collectBackground(_ text: inout PrometheusText) {
        text.metric(
            "dcs_flush_written_bytes_total", .counter,
            "Bytes of segments written from the log.", flushedBytes)
        text.begin(
            "dcs_flush_duration_seconds", .histogram, "Time of packing a part of the log.")
        text.histogram("dcs_flush_duration_seconds", [], flushTimes)
        text.metric(
            "dcs_compaction_read_bytes_total", .counter, "Bytes read by compaction.",
            compactionReadBytes)
        text.metric(
            "dcs_compaction_written_bytes_total", .counter, "Bytes written by compaction.",
            compactedBytes)
        text.begin(
            "dcs_compaction_duration_seconds", .histogram, "Time of one run of compaction.")
        text.histogram("dcs_compaction_duration_seconds", [], compactionTimes)
        text.metric(
            "dcs_write_amplification_ratio", .gauge,
            "Bytes written to the disk for each byte of the log, since the start.",
            writeAmplification)
        text.metric(
            "dcs_corruptions_total", .counter, "Blocks and records found damaged.", corruptions)
    }
}
