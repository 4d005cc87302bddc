internal import CacheBase
package import CacheEngine

/// The figures of a node at a moment, as `/stats` and the dashboard show them.
package struct NodeFigures: Sendable {
    package var engine: EngineStatistics
    package var traffic: TrafficFigures
    package var searchDocuments: Int
    package var uptimeSeconds: Double
    package var version: String

    /// Share of the reads that found their entry; 0 where there was none.
    package var hitRatio: Double {
        let reads = engine.hits + engine.misses
        return reads == 0 ? 0 : Double(engine.hits) / Double(reads)
    }

    /// `GET /stats`.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in write(to: &json) }
        return json.bytes
    }

    /// The members of `/stats`.
    package func write(to json: inout JSONWriter) {
        json.member("entries", engine.liveEntries)
        json.member("hits", engine.hits)
        json.member("misses", engine.misses)
        json.member("hit_ratio", hitRatio)
        json.member("evictions", engine.evictions)
        json.member("expirations", engine.expirations)
        json.object("memory") { json in
            json.member("used_bytes", engine.memoryUsedBytes)
            json.member("max_bytes", engine.memoryBytesMax)
            json.member("index_bytes", engine.indexBytes)
            json.member("hot_bytes", engine.hotBytes)
        }
        json.object("disk") { json in
            json.member("used_bytes", engine.diskUsedBytes)
            json.member("max_bytes", engine.diskBytesMax)
            json.member("live_bytes", engine.diskLiveBytes)
            json.member("segments", engine.segments)
        }
        json.object("wal") { json in
            json.member("bytes", engine.logFileBytes)
            json.member("syncs", engine.syncs)
            json.member("backlog_bytes", engine.logBacklogBytes)
            json.member("appended_bytes", engine.logBytesAppended)
        }
        json.object("compaction") { json in
            json.member("runs", engine.compactions)
            json.member("read_bytes", engine.compactionReadBytes)
            json.member("written_bytes", engine.compactedBytes)
            json.member("write_amplification", engine.writeAmplification)
        }
        json.object("flush") { $0.member("written_bytes", engine.flushedBytes) }
        json.object("transactions") { $0.member("open", engine.transactionsOpen) }
        json.object("search") { $0.member("documents", searchDocuments) }
        json.member("last_lsn", engine.lastLSN.rawValue)
        json.member("durable_lsn", engine.durableLSN.rawValue)
        json.member("uptime_seconds", uptimeSeconds)
        json.member("version", version)
    }
}
