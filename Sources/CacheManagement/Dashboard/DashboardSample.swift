internal import CacheBase
internal import CacheEngine
internal import CacheNode

/// The figures of a moment as the dashboard draws them: counters as they are, since the page works
/// out rates from two of them.
struct DashboardSample {
    let json: [UInt8]

    init(_ control: NodeControl) {
        let figures = control.figures()
        let nodes = control.nodeList()
        var json = JSONWriter()
        json.object { json in
            json.array("unready") { json in
                for reason in control.state.unreadyReasons { json.element(reason.detail) }
            }
            figures?.write(to: &json)
            if let figures { Self.write(figures, to: &json) }
            if let nodes { json.member("nodes", json: String(decoding: nodes.json, as: UTF8.self)) }
        }
        self.json = json.bytes
    }

    private static func write(_ figures: NodeFigures, to json: inout JSONWriter) {
        json.object("data_plane") { json in
            json.member("connections", figures.traffic.connections)
            json.member("received_bytes", figures.traffic.receivedBytes)
            json.member("sent_bytes", figures.traffic.sentBytes)
            json.member("refused", figures.traffic.refused)
            json.object("requests") { json in
                for (operation, count) in figures.traffic.requests { json.member(operation, count) }
            }
            write("request_times", figures.traffic.requestTimes, to: &json)
        }
        write("sync_times", figures.engine.syncTimes, to: &json)
    }

    /// Events of each bucket; the page knows the bounds.
    private static func write(
        _ name: String, _ times: LatencySnapshot, to json: inout JSONWriter
    ) {
        json.array(name) { json in
            for events in times.buckets { json.element(events) }
        }
    }
}
