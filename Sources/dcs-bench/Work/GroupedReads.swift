internal import CacheBase
internal import CacheEngine

/// Reads entries a group at a time, their keys loaded ahead: as the data plane executes a batch, or
/// the pipelined requests of one read.
final class GroupedReads {
    static let size = 16

    private let engine: Engine
    private let workload: Workload
    private let keys: UnsafeMutableRawBufferPointer
    private let views: UnsafeMutableBufferPointer<KeyView>
    private let answer: UnsafeMutableRawBufferPointer
    /// Reads that found no entry in memory.
    private(set) var misses = 0

    init(_ engine: Engine, _ workload: Workload) {
        self.engine = engine
        self.workload = workload
        keys = .allocate(byteCount: Self.size * Workload.keyBytes, alignment: 8)
        views = .allocate(capacity: Self.size)
        answer = .allocate(byteCount: workload.valueBytes, alignment: 8)
    }

    deinit {
        keys.deallocate()
        views.deallocate()
        answer.deallocate()
    }

    /// Reads `count` random entries, whole groups of them.
    func getRandom(_ count: Int, seed: UInt64) {
        var random = Random(seed: seed)
        for _ in 0..<count / Self.size {
            for position in 0..<Self.size {
                let start = position * Workload.keyBytes
                let room = UnsafeMutableRawBufferPointer(
                    rebasing: keys[start..<start + Workload.keyBytes])
                workload.writeKey(random.next(below: workload.keyCount), to: room)
                (views.baseAddress.unsafelyUnwrapped + position).initialize(
                    to: engine.key(UnsafeRawBufferPointer(room)))
            }
            engine.prefetch(UnsafeBufferPointer(views))
            for view in views { read(view) }
        }
    }

    @inline(__always)
    private func read(_ view: KeyView) {
        let outcome = engine.read(view) { entry in
            answer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: entry.value.prefix(answer.count)))
        }
        if case .hit = outcome { return }
        misses += 1
    }
}
