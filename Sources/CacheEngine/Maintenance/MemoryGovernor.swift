internal import CShims
internal import CacheBase
internal import Synchronization

/// Divides `max_memory`: the index takes what its keys need, the log what its tail needs, the
/// process what it measures, and the hot tier what is left.
final class MemoryGovernor: Sendable {
    /// Kept free under the limit, since memory is measured only now and then.
    private static let reserveShare = 0.04

    private let parts: EngineParts

    init(parts: EngineParts) { self.parts = parts }

    /// Gives the hot tier what is left of the memory now.
    func adjust() {
        guard parts.options.hotTier else { return }
        let limit = parts.limits.memoryBytesMax
        let resident = Int(dcs_resident_bytes())
        let hotBytes = parts.hot.usedBytes
        let others = max(resident - hotBytes, expectedOthers)
        let room = limit - Int(Double(limit) * Self.reserveShare) - others
        parts.hot.setBudget(bytes: max(room, 0))
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
