internal import CacheBase
internal import Synchronization

/// The limits that may change while the engine runs; `EngineSizes` has those that follow from the
/// start. Read by background threads only.
final class EngineLimits: Sendable {
    private let memory: Atomic<Int>
    private let disk: Atomic<UInt64>

    init(_ sizes: EngineSizes) {
        memory = Atomic(sizes.memoryBytesMax)
        disk = Atomic(sizes.diskBytesMax)
    }

    var memoryBytesMax: Int {
        get { memory.load(ordering: .relaxed) }
        set { memory.store(newValue, ordering: .relaxed) }
    }

    var diskBytesMax: UInt64 {
        get { disk.load(ordering: .relaxed) }
        set { disk.store(newValue, ordering: .relaxed) }
    }
}
