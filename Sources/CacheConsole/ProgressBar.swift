package import CacheBase
internal import Synchronization

/// A bar on standard error while long work is done; nothing where that is no terminal.
///
/// Safe from several threads: who comes at the right time draws.
package final class ProgressBar: Sendable {
    /// What is counted.
    package enum Unit: Sendable {
        case bytes
        case entries
    }

    private static let intervalNanoseconds: UInt64 = 100_000_000
    private static let width = 30

    private let total: UInt64?
    private let unit: Unit
    private let isShown: Bool
    private let clock: Clock
    private let start: UInt64
    private let done = Atomic<UInt64>(0)
    private let nextDrawing: Atomic<UInt64>

    /// - Parameter total: units to be done, about; nil where nobody knows, which shows no share.
    package init(
        total: UInt64?, unit: Unit = .bytes, clock: Clock,
        isShown: Bool = StandardError.isTerminal
    ) {
        self.total = total.map { max($0, 1) }
        self.unit = unit
        self.isShown = isShown
        self.clock = clock
        start = clock.monotonicNanoseconds()
        nextDrawing = Atomic(start + Self.intervalNanoseconds)
    }

    /// Counts units as done, and draws where it is time to.
    package func advance(_ units: Int) {
        guard isShown else { return }
        let reached = done.add(UInt64(units), ordering: .relaxed).newValue
        let now = clock.monotonicNanoseconds()
        let due = nextDrawing.load(ordering: .relaxed)
        guard now >= due else { return }
        let next = now + Self.intervalNanoseconds
        guard
            nextDrawing.compareExchange(expected: due, desired: next, ordering: .relaxed).exchanged
        else { return }
        StandardError.write("\r" + line(reached, seconds: Double(now - start) / 1e9))
    }

    /// Takes the bar away: at the end, and before a line that stays. It comes back when it is due.
    package func clear() {
        guard isShown else { return }
        StandardError.write("\r" + String(repeating: " ", count: 78) + "\r")
    }

    /// The bar as it is drawn.
    package func line(_ reached: UInt64, seconds: Double) -> String {
        let rate = Double(reached) / max(seconds, 0.001)
        guard let total else { return amount(reached, rate: rate) }
        let share = min(1, Double(reached) / Double(total))
        let filled = Int(share * Double(Self.width))
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: " ", count: Self.width - filled)
        let left = share > 0 ? UInt64(min(seconds / share - seconds, 1e9)) : 0
        return "[\(bar)] \(Int(share * 100)) %  \(amount(reached, rate: rate))\(left) s left  "
    }

    private func amount(_ reached: UInt64, rate: Double) -> String {
        switch unit {
        case .bytes: "\(reached / 1_000_000) MB  \(UInt64(rate / 1e6)) MB/s  "
        case .entries: "\(reached) entries  \(UInt64(rate))/s  "
        }
    }
}
