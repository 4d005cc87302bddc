internal import CacheBase
internal import CacheNode
internal import NIOCore

/// Sends requests to the nodes that serve their keys, for one event loop.
///
/// Invariants: to each node there are at most `HTTPLimits.forwardLinesMax` lines, open or being
/// opened; requests that wait for one are at most `forwardWaitersMax`. A request is sent again only
/// where the other node says that it has not applied it.
final class Forwarder {
    private struct Peer {
        var lines: [ForwardLine] = []
        var opening = 0
        var waiting: [(ForwardJob, (ForwardOutcome) -> Void)] = []
    }

    private let seam: ClusterSeam
    private let eventLoop: any EventLoop
    private let context: LoopContext
    /// By name: places change from map to map.
    private var peers: [String: Peer] = [:]
    private var isStopped = false

    init(_ seam: ClusterSeam, _ eventLoop: any EventLoop, _ context: LoopContext) {
        self.seam = seam
        self.eventLoop = eventLoop
        self.context = context
    }

    /// Sends a request and calls `completion` once, on this loop.
    func forward(_ job: ForwardJob, _ completion: @escaping (ForwardOutcome) -> Void) {
        guard let name = context.routing.name(of: job.node) else { return completion(.notSent) }
        attempt(job, at: name, retries: HTTPLimits.forwardRetriesMax, completion)
    }

    /// Sends a request to a node and nowhere else, and calls `completion` once, on this loop.
    func forward(
        _ job: ForwardJob, to node: String, _ completion: @escaping (ForwardOutcome) -> Void
    ) {
        attempt(job, at: node, retries: HTTPLimits.forwardRetriesMax, completion)
    }

    /// Where the other node leads no more, or does not know yet that it leads, one of the two knows
    /// an old map: it is asked again, or who leads by then.
    private func attempt(
        _ job: ForwardJob, at name: String, retries: Int,
        _ completion: @escaping (ForwardOutcome) -> Void
    ) {
        send(job, to: name) { [unowned self] outcome in
            guard retries > 0, !isStopped, outcome.saysNoPrimary else { return completion(outcome) }
            let bound = NIOLoopBound((self, completion), eventLoop: eventLoop)
            eventLoop.scheduleTask(in: .milliseconds(HTTPLimits.forwardRetryMilliseconds)) {
                let (forwarder, completion) = bound.value
                guard !forwarder.isStopped else { return }
                let next = job.partition.flatMap(forwarder.primary) ?? name
                forwarder.attempt(job, at: next, retries: retries - 1, completion)
            }
        }
    }

    /// The other node that leads a partition by now; nil where there is none.
    private func primary(of partition: Partition) -> String? {
        let place = context.routing.primary(of: partition)
        return place == context.routing.me ? nil : context.routing.name(of: place)
    }

    private func send(
        _ job: ForwardJob, to name: String, _ completion: @escaping (ForwardOutcome) -> Void
    ) {
        var peer = peers[name] ?? Peer()
        let line = peer.lines.min { $0.load < $1.load }
        let isFull = peer.lines.count + peer.opening >= HTTPLimits.forwardLinesMax
        if let line, line.load < HTTPLimits.forwardDepth || isFull {
            guard line.load < HTTPLimits.forwardWaitersMax else { return completion(.notSent) }
            return line.send(job, at: context.now, completion)
        }
        guard peer.waiting.count < HTTPLimits.forwardWaitersMax else {
            return completion(.notSent)
        }
        peer.waiting.append((job, completion))
        if !isFull, peer.opening * HTTPLimits.forwardDepth < peer.waiting.count {
            peer.opening += 1
            peers[name] = peer
            open(name)
        } else {
            peers[name] = peer
        }
    }

    private func open(_ name: String) {
        guard let place = context.routing.place(of: name) else {
            return opened(name, nil)
        }
        let line = ForwardLine { [unowned self] in remove($0, name) }
        let bound = NIOLoopBound((self, line), eventLoop: eventLoop)
        seam.open(context.routing, place, eventLoop) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(bound.value.1)
            }
        }.whenComplete { result in
            let (forwarder, line) = bound.value
            switch result {
            case .success: forwarder.opened(name, line)
            case .failure: forwarder.opened(name, nil)
            }
        }
    }

    private func opened(_ name: String, _ line: ForwardLine?) {
        guard var peer = peers[name] else { return }
        peer.opening -= 1
        guard let line, line.isOpen else {
            let waiting = peer.opening == 0 && peer.lines.isEmpty ? peer.waiting : []
            if !waiting.isEmpty { peer.waiting = [] }
            peers[name] = peer
            for (_, completion) in waiting { completion(.notSent) }
            return
        }
        peer.lines.append(line)
        let waiting = peer.waiting
        peer.waiting = []
        peers[name] = peer
        for (job, completion) in waiting { line.send(job, at: context.now, completion) }
    }

    private func remove(_ line: ForwardLine, _ name: String) {
        peers[name]?.lines.removeAll { $0 === line }
    }

    /// Acts on time passed.
    func sweep() {
        for peer in peers.values { for line in peer.lines { line.sweep(at: context.now) } }
    }

    func stop() {
        isStopped = true
        for peer in peers.values { for line in peer.lines { line.close() } }
    }
}
