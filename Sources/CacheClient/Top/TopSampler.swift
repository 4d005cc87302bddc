package import CacheBase

/// Scrapes a node again and again, and makes figures of each scrape and the one before it.
package struct TopSampler {
    private let client: NodeClient
    private let clock: Clock
    private var last: (metrics: Metrics, nanoseconds: UInt64)?

    package init(_ client: NodeClient, clock: Clock) {
        self.client = client
        self.clock = clock
    }

    /// - Returns: nil at the first scrape, and where no time has passed.
    /// - Throws: `ClientError`; the next call goes on from the last good scrape.
    package mutating func sample() async throws(ClientError) -> TopFigures? {
        let text = String(decoding: try await client.document("/metrics"), as: UTF8.self)
        let metrics = try Metrics(text)
        let nanoseconds = clock.monotonicNanoseconds()
        let nodes = try NodesDocument(try await client.document("/nodes"))
        defer { last = (metrics, nanoseconds) }
        guard let last, nanoseconds > last.nanoseconds else { return nil }
        return TopFigures(
            from: last.metrics, to: metrics,
            seconds: Double(nanoseconds - last.nanoseconds) / 1e9, nodes: nodes,
            address: client.address.description, now: Double(clock.now().rawValue) / 1000)
    }
}
