internal import CShims
internal import CacheBase
internal import Synchronization

/// Divides `max_memory`: the index takes what its keys need, the log what its tail needs, the
/// process what it measures, and the hot tier what is left.
final class MemoryGovernor: Sendable {
    /// Kept free under the limit, since memory is measured only now and then.
    private static let reserveShare = 0.04

    /// Nearer to the limit than this, unused memory is given back, once in so many nanoseconds:
    /// that walks all of the allocator's memory.
    private static let trimShare = 0.12
    private static let trimNanoseconds: UInt64 = 1_000_000_000

    private let parts: EngineParts
    private let lastTrim = Atomic<UInt64>(0)

    init(parts: EngineParts) { self.parts = parts }

    /// Gives the hot tier what is left of the memory now.
    func adjust() {
        guard parts.options.hotTier else { return }
        let limit = parts.limits.memoryBytesMax
        let resident = residentBytes(limit)
        let hotBytes = parts.hot.usedBytes
        let others = max(resident - hotBytes, expectedOthers)
        let room = limit - Int(Double(limit) * Self.reserveShare) - others
        parts.hot.setBudget(bytes: max(room, 0))
    }

    /// What the process holds; near the limit, without what its allocator only keeps.
    private func residentBytes(_ limit: Int) -> Int {
        let resident = Int(dcs_resident_bytes())
        let now = parts.clock.monotonicNanoseconds()
        guard resident > limit - Int(Double(limit) * Self.trimShare),
            now &- lastTrim.load(ordering: .relaxed) >= Self.trimNanoseconds
        else { return resident }
        lastTrim.store(now, ordering: .relaxed)
        dcs_trim_memory()
        return Int(dcs_resident_bytes())
    }

    /// What the others will need even if they do not show it yet.
    private var expectedOthers: Int {
        parts.index.bytes + EngineSizes.processBytes + parts.sizes.logFileBytes
    }

    /// The hot tier's budget before anything was measured.
    static func startingBudget(_ sizes: EngineSizes, indexBytes: Int) -> Int {
        let others = indexBytes + EngineSizes.processBytes + 2 * sizes.logFileBytes
        return max(sizes.memoryBytesMax - others, 0)
    }
}
