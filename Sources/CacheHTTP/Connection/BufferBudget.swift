internal import Synchronization

/// The memory that large bodies and answers of all connections may take together.
///
/// Invariant: `used` is the sum of what `take` granted and `give` did not return; at most `limit`.
final class BufferBudget: Sendable {
    private let limit: Int
    private let used = Atomic(0)

    init(limit: Int) { self.limit = limit }

    /// Takes `count` bytes where they are left.
    func take(_ count: Int) -> Bool {
        let (_, sum) = used.add(count, ordering: .relaxed)
        guard sum > limit else { return true }
        used.subtract(count, ordering: .relaxed)
        return false
    }

    func give(_ count: Int) {
        guard count > 0 else { return }
        let (old, _) = used.subtract(count, ordering: .relaxed)
        precondition(old >= count, "more given back than was taken")
    }

    var usedBytes: Int { used.load(ordering: .relaxed) }
}
