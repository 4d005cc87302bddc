package import CacheBase
package import CacheConsole
internal import NIOPosix

/// Writes the entries of an export into a node: batches, several requests under way.
///
/// Lines of the same key keep their order: a line whose key is under way waits for everything
/// before it.
package struct Importer: Sendable {
    /// What an import came to.
    package struct Outcome: Equatable, Sendable {
        package var stored = 0
        /// Entries that had ended before they could be stored.
        package var expired = 0
        package var refused = 0
    }

    /// Where to say what happens meanwhile, one call at a time.
    package struct Listener {
        let refused: (LineRefusal) -> Void
        let advanced: (Int) -> Void

        package init(
            refused: @escaping (LineRefusal) -> Void, advanced: @escaping (_ bytes: Int) -> Void
        ) {
            self.refused = refused
            self.advanced = advanced
        }
    }

    private typealias Group = ThrowingTaskGroup<ImportSender.Outcome, any Error>

    private let sender: ImportSender
    private let clock: Clock

    package init(_ client: NodeClient, clock: Clock) {
        sender = ImportSender(client: client)
        self.clock = clock
    }

    /// Reads to the end of the source.
    /// - Throws: `ClientError` where the source cannot be read, the node is not reachable, or
    ///   refuses everything. What was stored until then stays.
    package func run(
        _ source: ByteSource, _ listener: Listener
    ) async throws -> Outcome {
        try await withThrowingTaskGroup(of: ImportSender.Outcome.self) { group in
            var run = Run(sender: sender, clock: clock, listener: listener)
            var lines = LineSplitter(bytesMax: ClientLimits.lineBytesMax)
            while let piece = try await Self.read(source) {
                lines.append(piece)
                while let line = lines.next() { try await run.take(line, &group) }
                listener.advanced(piece.count)
            }
            if let line = lines.finish() { try await run.take(line, &group) }
            try await run.finish(&group)
            return run.outcome
        }
    }

    private static func read(_ source: ByteSource) async throws -> [UInt8]? {
        do {
            return try await NIOThreadPool.singleton.runIfActive {
                try source.read(atMost: ClientLimits.pieceBytes)
            }
        } catch {
            throw ClientError.connection(error)
        }
    }

    /// One import.
    ///
    /// Invariant: `keys` are those of `batch` and of what is under way, of which there are
    /// `underWay` requests.
    private struct Run {
        let sender: ImportSender
        let clock: Clock
        let listener: Listener
        var outcome = Outcome()
        private var batch = ImportBatch()
        private var keys: Set<[UInt8]> = []
        private var underWay = 0

        init(sender: ImportSender, clock: Clock, listener: Listener) {
            self.sender = sender
            self.clock = clock
            self.listener = listener
        }

        mutating func take(_ line: LineSplitter.Line, _ group: inout Group) async throws {
            guard let bytes = line.bytes else {
                return refuse(LineRefusal(number: line.number, reason: "the line is too long"))
            }
            if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return }
            let entry: EntryLine
            do throws(EntryLine.Malformed) {
                entry = try EntryLine(line: bytes)
            } catch {
                return refuse(LineRefusal(number: line.number, reason: error.reason))
            }
            guard let item = ImportItem(number: line.number, entry: entry, at: clock.now()) else {
                outcome.expired += 1
                return
            }
            guard item.isAddressable else {
                return refuse(
                    LineRefusal(
                        number: line.number,
                        reason: "the key is not UTF-8, which this client cannot name in a call"))
            }
            try await add(item, &group)
        }

        private mutating func add(_ item: ImportItem, _ group: inout Group) async throws {
            if keys.contains(item.entry.key) { try await finish(&group) }
            keys.insert(item.entry.key)
            guard item.fitsBatch else { return try await submit(.single(item), &group) }
            batch.append(item)
            if batch.isFull { try await submitBatch(&group) }
        }

        private mutating func submitBatch(_ group: inout Group) async throws {
            guard !batch.items.isEmpty else { return }
            let full = batch
            batch = ImportBatch()
            try await submit(.batch(full), &group)
        }

        private mutating func submit(
            _ load: ImportSender.Load, _ group: inout Group
        ) async throws {
            if underWay >= ClientLimits.requestsMax { try await awaitOne(&group) }
            underWay += 1
            let sender = sender
            group.addTask { try await sender.send(load) }
        }

        /// Sends what is left and waits for all that is under way.
        mutating func finish(_ group: inout Group) async throws {
            try await submitBatch(&group)
            while underWay > 0 { try await awaitOne(&group) }
        }

        private mutating func awaitOne(_ group: inout Group) async throws {
            guard let sent = try await group.next() else {
                preconditionFailure("as many are under way as were counted")
            }
            underWay -= 1
            for item in sent.items { keys.remove(item.entry.key) }
            outcome.stored += sent.items.count - sent.refusals.count
            for refusal in sent.refusals { refuse(refusal) }
        }

        private mutating func refuse(_ refusal: LineRefusal) {
            outcome.refused += 1
            listener.refused(refusal)
        }
    }
}
