internal import CacheBase
internal import Synchronization

/// Those who want to know before entries move to new segments.
final class SegmentMoves: Sendable {
    typealias Listener = @Sendable (EntryMove) -> Void

    private let listeners = Mutex<[Listener]>([])

    /// Whether anybody wants to know.
    var areHeard: Bool { listeners.withLock { !$0.isEmpty } }

    func add(_ listener: @escaping Listener) { listeners.withLock { $0.append(listener) } }

    func tell(_ move: EntryMove) {
        for listener in listeners.withLock({ $0 }) { listener(move) }
    }
}

extension EngineParts {
    /// What is to be told of a move; nil where there is none, or nobody to tell.
    ///
    /// The segments that entries come from are still in the table.
    /// - Complexity: O(entries); so not where others wait.
    func move(
        from victims: [Segment], to sealed: [(Segment, [SegmentWriter.Origin])]
    ) -> EntryMove? {
        guard !sealed.isEmpty, moves.areHeard else { return nil }
        return EntryMove(
            from: victims.map(SealedSegment.init),
            to: sealed.map { segment, origins in
                EntryMove.Arrival(segment: SealedSegment(segment), origins: self.origins(origins))
            })
    }

    private func origins(_ origins: [SegmentWriter.Origin]) -> SegmentOrigins {
        guard origins.first?.location.kind == .segment else {
            return .log(origins.map { LoggedName(hash: $0.hash, lsn: $0.lsn) })
        }
        return .segments(
            origins.map { origin in
                let segment = segments.segment(origin.location)
                return SegmentPlace(
                    segment: segment.id, ordinal: segment.ordinal(origin.location))
            })
    }
}
