internal import Synchronization

/// Those who want to know before entries move from segments to new ones.
final class SegmentMoves: Sendable {
    typealias Listener = @Sendable ([SealedSegment]) -> Void

    private let listeners = Mutex<[Listener]>([])

    func add(_ listener: @escaping Listener) { listeners.withLock { $0.append(listener) } }

    func tell(_ segments: [SealedSegment]) {
        for listener in listeners.withLock({ $0 }) { listener(segments) }
    }
}
