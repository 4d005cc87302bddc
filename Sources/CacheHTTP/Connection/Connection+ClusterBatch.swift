internal import CacheBase
internal import CacheEngine
internal import CacheNode
internal import NIOCore

extension Connection {
    /// Decides which nodes carry out the operations of a batch.
    /// - Returns: true where it goes on here; else it is answered, or waits for other nodes.
    mutating func isPlaced(
        _ document: BatchDocument, _ run: inout Run, _ request: Request, _ frame: AnswerFrame
    ) -> Bool {
        guard let cluster = loop.cluster else { return true }
        // Who asked could not tell its client that what is read here may be old.
        if isForwarded, !cluster.router.isWritable {
            answers.append(.noPrimary, frame)
            return false
        }
        if let id = run.transaction ?? atomicTransaction(document, request) {
            return isPlaced(document, inside: id, cluster, request, frame)
        }
        copiesInSync = .max
        let destinations = document.operations.map { fields in
            destination(of: fields, cluster, request.body)
        }
        if destinations.allSatisfy({ $0 == .here }) { return true }
        if isForwarded {
            answers.append(.noPrimary, frame)
            return false
        }
        if document.isAtomic {
            placeWhole(destinations, request, frame)
            return false
        }
        let places = BatchPlaces(destinations)
        run.places = places
        guard !places.nodes.isEmpty else { return true }
        waiting = .forwardAll(
            places.nodes.map { node in
                ForwardJob(document, ofNode: node, destinations, request, roomFor: loop)
            })
        return false
    }

    /// True where the batch is inside no transaction, or in one of this node; else it is answered,
    /// or waits for the transaction's coordinator.
    mutating func isCoordinatedHere(
        _ document: BatchDocument, _ request: Request, _ frame: AnswerFrame
    ) -> Bool {
        guard loop.cluster != nil,
            case .elsewhere(let place) = transaction(request, body: document.transactionID)
        else { return true }
        // Who is forwarded to does not ask again what the caller may do.
        if let refusal = roleRefusal(document, request.body) {
            answers.append(refusal, frame)
        } else {
            waiting = .forward(ForwardJob(request, to: place))
        }
        return false
    }

    /// The transaction of an atomic batch, which is placed before it is looked at any further.
    private func atomicTransaction(
        _ document: BatchDocument, _ request: Request
    ) -> TransactionID? {
        guard case .named(let id) = transaction(request, body: document.transactionID) else {
            return nil
        }
        return id
    }

    /// A batch inside a transaction is of one node, whole.
    private mutating func isPlaced(
        _ document: BatchDocument, inside id: TransactionID, _ cluster: ClusterSeam,
        _ request: Request, _ frame: AnswerFrame
    ) -> Bool {
        var common: RequestDestination?
        var written: Partition?
        for fields in document.operations {
            guard let key = decodedKey(fields.key, request.body) else { continue }
            let partition = Partition(keyChecksum: CRC32C.of(key))
            let destination = loop.destination(of: partition, cluster, isWrite: true, false)
            if fields.kind != .get { written = written ?? partition }
            if let common, common != destination {
                answers.append(.severalNodes, frame)
                return false
            }
            common = destination
        }
        guard let common, common != .here else { return true }
        if let refusal = roleRefusal(document, request.body) {
            answers.append(refusal, frame)
            return false
        }
        return isServedHere(
            inside: id, common, written: written, request, frame, document.transactionID)
    }

    /// An atomic batch goes to one node, or nowhere.
    private mutating func placeWhole(
        _ destinations: [RequestDestination], _ request: Request, _ frame: AnswerFrame
    ) {
        guard destinations.allSatisfy({ $0 == destinations[0] }) else {
            return answers.append(.severalNodes, frame)
        }
        switch destinations[0] {
        case .node(let place): waiting = .forward(ForwardJob(request, to: place))
        case .here, .nobody: answers.append(.noPrimary, frame)
        }
    }

    /// What is refused is refused here, whoever serves the key.
    private mutating func destination(
        of fields: OperationFields, _ cluster: ClusterSeam, _ text: UnsafeRawBufferPointer
    ) -> RequestDestination {
        guard let key = decodedKey(fields.key, text), refusal(of: fields.kind.verb, key) == nil
        else { return .here }
        let partition = Partition(keyChecksum: CRC32C.of(key))
        let isWrite = fields.kind != .get
        let destination = loop.destination(of: partition, cluster, isWrite: isWrite, false)
        if isWrite, destination == .here {
            copiesInSync = min(copiesInSync, loop.routing.copiesInSync(of: partition))
        }
        return destination
    }

    /// Adds the result of an operation that is not this node's; false where it is.
    mutating func appendRemote(_ run: inout Run) -> Bool {
        guard let destination = run.places?.destinations[run.done] else { return false }
        switch destination {
        case .here: return false
        case .nobody: run.append(.noPrimary)
        case .node(let place):
            let result = run.places?.next(of: place)
            let isWrite = run.operations[run.done].kind != .get
            if let result {
                run.append(result: result)
            } else {
                let mayBeApplied = isWrite && run.places?.mayBeApplied(by: place) ?? true
                run.append(mayBeApplied ? .unheardOf : .noPrimary)
            }
        }
        return true
    }
}

extension ForwardJob {
    /// The operations of a batch that go to one node, as a batch of their own.
    fileprivate init(
        _ document: BatchDocument, ofNode node: UInt16, _ destinations: [RequestDestination],
        _ request: Request, roomFor loop: LoopContext
    ) {
        var body = ByteBuffer()
        body.writeStaticString(#"{"operations":["#)
        var isFirst = true
        for (fields, destination) in zip(document.operations, destinations)
        where destination == .node(node) {
            if !isFirst { body.writeStaticString(",") }
            isFirst = false
            fields.write(to: &body, request.body)
        }
        body.writeStaticString("]}")
        var bytes = ByteBuffer()
        bytes.writeStaticString("POST /cache/batch HTTP/1.1\r\nHost: dcs\r\n")
        if request.head.fields.contains(.wait) {
            bytes.writeStaticString("DCS-Wait: ")
            bytes.writeBytes(request.head.wait.bytes(in: request.bytes))
            bytes.writeStaticString("\r\n")
        }
        bytes.writeString(
            "Content-Type: application/json\r\nContent-Length: \(body.readableBytes)\r\n\r\n")
        bytes.writeBuffer(&body)
        self.init(
            node: node, bytes: bytes, isHead: false,
            mayWrite: document.operations.contains { $0.kind != .get })
    }
}

extension OperationFields {
    /// Writes the operation as it stood; its texts keep their escapes.
    fileprivate func write(to body: inout ByteBuffer, _ text: UnsafeRawBufferPointer) {
        switch kind {
        case .get: body.writeStaticString(#"{"op":"get","key":""#)
        case .put: body.writeStaticString(#"{"op":"put","key":""#)
        case .delete: body.writeStaticString(#"{"op":"delete","key":""#)
        }
        body.writeBytes(key.bytes(in: text))
        body.writeStaticString("\"")
        if kind == .put {
            body.writeStaticString(#","value":""#)
            body.writeBytes(value.bytes(in: text))
            body.writeStaticString("\"")
            if isBase64 { body.writeStaticString(#","encoding":"base64""#) }
            switch ttl {
            case .never?: body.writeStaticString(#","ttl":0"#)
            case .milliseconds(let milliseconds)?:
                let rest = String(milliseconds % 1000)
                let digits = String(repeating: "0", count: 3 - rest.count) + rest
                body.writeString(#","ttl":\#(milliseconds / 1000).\#(digits)"#)
            case nil: break
            }
        }
        body.writeStaticString("}")
    }
}
