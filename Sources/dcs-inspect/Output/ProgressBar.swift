internal import CacheBase
internal import Synchronization

/// A bar on standard error while long work is done; nothing where that is no terminal.
///
/// Safe from several threads: who comes at the right time draws.
final class ProgressBar: Sendable {
    private static let intervalNanoseconds: UInt64 = 100_000_000
    private static let width = 30

    private let total: UInt64
    private let isShown: Bool
    private let clock: Clock
    private let start: UInt64
    private let done = Atomic<UInt64>(0)
    private let nextDrawing: Atomic<UInt64>

    /// - Parameter total: bytes to be read, about.
    init(total: UInt64, clock: Clock, isShown: Bool = StandardError.isTerminal) {
        self.total = max(total, 1)
        self.isShown = isShown
        self.clock = clock
        start = clock.monotonicNanoseconds()
        nextDrawing = Atomic(start + Self.intervalNanoseconds)
    }

    func advance(_ bytes: Int) {
        guard isShown else { return }
        let reached = done.add(UInt64(bytes), ordering: .relaxed).newValue
        let now = clock.monotonicNanoseconds()
        let due = nextDrawing.load(ordering: .relaxed)
        guard now >= due else { return }
        let next = now + Self.intervalNanoseconds
        guard
            nextDrawing.compareExchange(expected: due, desired: next, ordering: .relaxed).exchanged
        else { return }
        StandardError.write("\r" + line(reached, seconds: Double(now - start) / 1e9))
    }

    /// Takes the bar away.
    func finish() {
        guard isShown else { return }
        StandardError.write("\r" + String(repeating: " ", count: 78) + "\r")
    }

    func line(_ reached: UInt64, seconds: Double) -> String {
        let share = min(1, Double(reached) / Double(total))
        let filled = Int(share * Double(Self.width))
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: " ", count: Self.width - filled)
        let rate = UInt64(Double(reached) / max(seconds, 0.001) / 1e6)
        let left = share > 0 ? UInt64(seconds / share - seconds) : 0
        return "[\(bar)] \(Int(share * 100)) %  \(reached / 1_000_000) MB  \(rate) MB/s  "
            + "\(left) s left  "
    }
}
