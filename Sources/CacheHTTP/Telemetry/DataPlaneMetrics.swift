internal import CacheBase
package import CacheNode
package import CacheTelemetry

extension DataServer {
    /// Writes what the event loops have counted, as metrics.
    /// - Complexity: O(loops × cells): 64 loops take a small part of a millisecond.
    package func collectMetrics(_ text: inout PrometheusText) {
        let loops = counters
        collectConnections(loops, &text)
        collectRefusals(loops, &text)
        collectEvents(&text)
        text.begin(
            "dcs_request_duration_seconds", .histogram,
            "Time from a request's last byte to its answer's way to the socket.")
        for operation in Operation.allCases {
            var sum = LatencySnapshot()
            for loop in loops { sum += loop.times.snapshot(series: operation.rawValue) }
            text.histogram(
                "dcs_request_duration_seconds", [("operation", operation.label)], sum)
        }
    }

    private func collectConnections(_ loops: [LoopCounters], _ text: inout PrometheusText) {
        func sum(_ value: (LoopCounters) -> UInt64) -> UInt64 { loops.reduce(0) { $0 + value($1) } }
        text.metric(
            "dcs_connections", .gauge, "Connections of clients open.", UInt64(connectionCount))
        text.metric(
            "dcs_connections_accepted_total", .counter, "Connections of clients taken.",
            sum(\.acceptedConnections))
        text.metric(
            "dcs_connections_refused_total", .counter,
            "Connections turned away because there were too many.", sum(\.turnedAwayConnections))
        text.metric(
            "dcs_network_receive_bytes_total", .counter, "Bytes received from clients.",
            sum(\.receivedBytes))
        text.metric(
            "dcs_network_transmit_bytes_total", .counter, "Bytes sent to clients.",
            sum(\.sentBytes))
        text.metric(
            "dcs_request_buffer_bytes", .gauge, "Memory of large requests and answers under way.",
            UInt64(bufferBytes))
    }

    private func collectRefusals(_ loops: [LoopCounters], _ text: inout PrometheusText) {
        text.begin(
            "dcs_requests_refused_total", .counter, "Requests answered with an error, by reason.")
        for reason in RefusalReason.allCases {
            text.sample(
                "dcs_requests_refused_total", [("reason", reason.label)],
                loops.reduce(0) { $0 + $1.refusals(reason) })
        }
    }

    private func collectEvents(_ text: inout PrometheusText) {
        text.metric(
            "dcs_event_streams", .gauge, "Clients that follow events.", UInt64(eventStreams.count))
        text.metric(
            "dcs_events_sent_total", .counter, "Events told to clients.", eventStreams.sentEvents)
        text.metric(
            "dcs_event_streams_dropped_total", .counter,
            "Event streams ended because their clients were slow.", eventStreams.droppedStreams)
    }

    /// The same in short, for people.
    package var traffic: TrafficFigures {
        let loops = counters
        var figures = TrafficFigures()
        figures.connections = connectionCount
        for operation in Operation.allCases {
            var sum = LatencySnapshot()
            for loop in loops { sum += loop.times.snapshot(series: operation.rawValue) }
            figures.requests.append((operation.label, sum.count))
            figures.requestTimes += sum
        }
        for loop in loops {
            figures.receivedBytes += loop.receivedBytes
            figures.sentBytes += loop.sentBytes
            figures.refused += RefusalReason.allCases.reduce(0) { $0 + loop.refusals($1) }
        }
        return figures
    }
}
