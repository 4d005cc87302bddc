internal import CacheBase

/// Holds background work to a rate: a token bucket that may run a quarter of a second ahead.
final class Pacer {
    private let bytesPerSecond: Double
    private let clock: Clock
    private let signals: MaintenanceSignals
    private var credit: Double
    private var last: UInt64

    init(bytesPerSecond: UInt64, clock: Clock, signals: MaintenanceSignals) {
        self.bytesPerSecond = Double(max(bytesPerSecond, 1))
        self.clock = clock
        self.signals = signals
        credit = self.bytesPerSecond / 4
        last = clock.monotonicNanoseconds()
    }

    /// Waits until so many bytes may be worked on.
    /// - Returns: false when it is time to stop.
    func spend(_ bytes: Int) -> Bool {
        let now = clock.monotonicNanoseconds()
        credit = min(bytesPerSecond / 4, credit + Double(now - last) / 1e9 * bytesPerSecond)
        last = now
        credit -= Double(bytes)
        guard credit < 0 else { return !signals.stopping }
        let milliseconds = max(1, Int(-credit / bytesPerSecond * 1000))
        return signals.wait(for: nil, milliseconds: milliseconds) != nil
    }
}
