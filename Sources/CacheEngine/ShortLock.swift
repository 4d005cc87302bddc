internal import CShims
internal import Synchronization

/// A lock for sections of well under a microsecond: whoever finds it taken spins for about as long
/// as a section lasts, and sleeps only then.
///
/// The standard `Mutex` goes to the kernel at once, and coming back from there costs a hundred
/// times the section. After Drepper, "Futexes Are Tricky" (2011), second mutex.
struct ShortLock: ~Copyable, Sendable {
    private static let free: UInt32 = 0
    private static let held: UInt32 = 1
    /// Held, and somebody may be asleep.
    private static let contended: UInt32 = 2
    private static let spins = 200

    private let state = Atomic<UInt32>(0)

    @inline(__always)
    func lock() {
        let (won, _) = state.weakCompareExchange(
            expected: Self.free, desired: Self.held, successOrdering: .acquiring,
            failureOrdering: .relaxed)
        if !won { lockSlowly() }
    }

    @inline(__always)
    func unlock() {
        if state.exchange(Self.free, ordering: .releasing) == Self.contended { wake() }
    }

    @inline(never)
    private func lockSlowly() {
        for _ in 0..<Self.spins {
            if state.load(ordering: .relaxed) == Self.free {
                let (won, _) = state.compareExchange(
                    expected: Self.free, desired: Self.held, successOrdering: .acquiring,
                    failureOrdering: .relaxed)
                if won { return }
            }
            dcs_pause()
        }
        while state.exchange(Self.contended, ordering: .acquiring) != Self.free {
            withAddress { dcs_futex_wait($0, Self.contended) }
        }
    }

    @inline(never)
    private func wake() {
        withAddress { dcs_futex_wake_one($0) }
    }

    /// The lock lives at a fixed address: its owners keep it in memory they allocated.
    private func withAddress(_ body: (UnsafeRawPointer) -> Void) {
        withUnsafePointer(to: state) { body(UnsafeRawPointer($0)) }
    }
}
