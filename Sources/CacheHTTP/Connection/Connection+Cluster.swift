internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import NIOCore

extension Connection {
    /// True where this node serves the key; else the request is answered, or waits for the node
    /// that does.
    @inline(__always)
    mutating func isServedHere(
        _ key: UnsafeRawBufferPointer, _ request: Request, _ frame: AnswerFrame, isWrite: Bool,
        _ transaction: NamedTransaction, inBody name: JSONString? = nil
    ) -> Bool {
        guard let cluster = loop.cluster else { return true }
        let partition = Partition(keyChecksum: CRC32C.of(key))
        // What was begun here is ended here.
        guard case .again = resumption, appliedReceipt == nil else { return true }
        switch transaction {
        case .none:
            return isServedHere(partition, cluster, request, frame, isWrite: isWrite)
        case .refused: return true
        case .elsewhere(let place):
            waiting = .forward(ForwardJob(request, to: place))
            return false
        case .named(let id):
            let destination = loop.destination(of: partition, cluster, isWrite: true, false)
            return isServedHere(
                inside: id, destination, written: isWrite ? partition : nil, request, frame, name)
        }
    }

    /// True where a call inside a transaction of this node is carried out here; else it is answered,
    /// or waits for the transaction's part on another node.
    mutating func isServedHere(
        inside id: TransactionID, _ destination: RequestDestination, written: Partition?,
        _ request: Request, _ frame: AnswerFrame, _ nameInBody: JSONString?
    ) -> Bool {
        switch destination {
        case .here: return true
        case .nobody: answers.append(.noPrimary, frame)
        case .node(let place):
            // Who only has a part asks nobody else: the two nodes do not know the same map yet.
            guard let names = names(of: request, nameInBody) else {
                answers.append(.noPrimary, frame)
                break
            }
            waiting = .part(
                PartJob(request, of: id, to: place, written: written, names: names))
        }
        return false
    }

    /// Where the request names its transaction, with its coordinator; nil where it names a part.
    private func names(
        of request: Request, _ nameInBody: JSONString?
    ) -> [UnsafeRawBufferPointer]? {
        var names: [UnsafeRawBufferPointer] = []
        if request.hasQuery, let name = request.query.transactionID { names.append(name) }
        if let nameInBody { names.append(nameInBody.bytes(in: request.body)) }
        let isPart = isForwarded && names.contains { $0.count == TransactionID.textBytes }
        return isPart ? nil : names
    }

    private mutating func isServedHere(
        _ partition: Partition, _ cluster: ClusterSeam, _ request: Request, _ frame: AnswerFrame,
        isWrite: Bool
    ) -> Bool {
        switch loop.destination(of: partition, cluster, isWrite: isWrite, request.readsLocally) {
        case .here:
            copiesInSync = loop.routing.copiesInSync(of: partition)
            return true
        case .nobody: answers.append(.noPrimary, frame)
        case .node(let place):
            if isForwarded {
                // One hop only: the two nodes do not know the same map yet.
                answers.append(.noPrimary, frame)
            } else {
                waiting = .forward(ForwardJob(request, to: place, partition: partition))
            }
        }
        return false
    }

    /// The line that tells by how much what a read here shows may be behind.
    @inline(__always)
    func lag(of key: UnsafeRawBufferPointer, _ request: Request) -> UnsafeRawBufferPointer {
        guard let cluster = loop.cluster else { return LoopContext.noLag }
        return loop.lagLine(
            of: Partition(keyChecksum: CRC32C.of(key)), cluster, request.readsLocally)
    }

    /// Where all keys of a batch are served; nil where that is not one node.
    func destination(
        of keys: some Sequence<Partition>, isWrite: Bool
    ) -> RequestDestination? {
        guard let cluster = loop.cluster else { return .here }
        var common: RequestDestination?
        for partition in keys {
            let one = loop.destination(of: partition, cluster, isWrite: isWrite, false)
            if let common, common != one { return nil }
            common = one
        }
        return common ?? .here
    }

    /// Answers with what another node said.
    mutating func appendForwarded(
        _ outcome: ForwardOutcome, _ request: Request, _ frame: AnswerFrame
    ) {
        switch outcome {
        case .notSent:
            answers.append(Route(request.path).isOfTransaction ? .noCoordinator : .noPrimary, frame)
        case .unknown:
            let isWrite = request.head.method != .get && request.head.method != .head
            answers.append(isWrite ? .unheardOf : .noPrimary, frame)
        case .answered(let answer):
            answer.withUnsafeReadableBytes { answers.appendForwarded($0, frame) }
        }
    }
}

extension LoopContext {
    /// Where a request for a partition goes.
    @inline(__always)
    func destination(
        of partition: Partition, _ cluster: ClusterSeam, isWrite: Bool, _ readsLocally: Bool
    ) -> RequestDestination {
        let primary = routing.primary(of: partition)
        if !isWrite, readsLocally, routing.isHere(partition) { return .here }
        guard primary != RoutingTable.nobody else {
            return !isWrite && routing.isHere(partition) ? .here : .nobody
        }
        guard primary == routing.me else { return .node(primary) }
        return !isWrite || cluster.router.isWritable ? .here : .nobody
    }
}

extension Request {
    /// `?read=local`: a copy that may lag is good enough.
    @inline(__always)
    var readsLocally: Bool {
        guard hasQuery else { return false }
        var isLocal = false
        Query.forEachParameter(head.query(in: bytes)) { name, value in
            if ASCII.equals(name, "read"), ASCII.equals(value, "local") { isLocal = true }
        }
        return isLocal
    }
}

extension AnswerQueue {
    /// Adds another node's answer, with the fields of this connection instead of its own.
    fileprivate mutating func appendForwarded(
        _ answer: UnsafeRawBufferPointer, _ frame: AnswerFrame
    ) {
        append(atMost: answer.count + 32) { cursor in
            var end = 0
            while end + 4 <= answer.count,
                !(answer[end] == 13 && answer[end + 1] == 10 && answer[end + 2] == 13
                    && answer[end + 3] == 10)
            { end += 1 }
            let head = UnsafeRawBufferPointer(rebasing: answer[..<min(end + 4, answer.count)])
            let first = (head.firstIndex(of: ASCII.lineFeed) ?? -1) + 1
            cursor.write(UnsafeRawBufferPointer(rebasing: head[..<first]))
            ForwardedAnswer.forEachLine(head) { name, line in
                guard !ASCII.equalsIgnoringCase(name, "connection") else { return }
                cursor.write(line)
                cursor.write("\r\n")
            }
            if frame.connection.utf8CodeUnitCount > 0 { cursor.write(frame.connection) }
            cursor.write("\r\n")
            cursor.write(UnsafeRawBufferPointer(rebasing: answer[head.count...]))
        }
    }
}

extension Problem {
    /// A forwarded write of which nothing was heard.
    static let unheardOf = Problem(
        503, "unknown-outcome", "Outcome unknown",
        .fixed(
            "The node that takes the writes of this key has not answered. It may be applied or not."
        ),
        fields: .fixed("Retry-After: 1\r\n"))

    /// The node that began a transaction is not there.
    static let noCoordinator = Problem(
        503, "no-coordinator", "Coordinator not reached",
        .fixed("The node that began the transaction cannot be reached. Not applied by this call."),
        fields: .fixed("Retry-After: 1\r\n"))

    static let severalNodes = Problem(
        409, "several-nodes", "Several nodes",
        .fixed(
            """
            The keys of the batch belong to several nodes. Not applied. `GET /ring` tells which \
            keys go together.
            """))
}
