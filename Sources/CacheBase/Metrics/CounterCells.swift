internal import Synchronization

/// Counters with one writer and any number of readers: an addition is a load and a store, with no
/// lock on the processor's bus, and no other thread's counters lie in the same cache lines.
///
/// Invariants: only one thread at a time adds (an event loop, or whoever holds the lock of what is
/// counted); a counter never falls. A reader sees each counter at some recent moment.
package final class CounterCells: @unchecked Sendable {
    // Safe because: the cells are atomic, and `cells` is set once.
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>
    package let count: Int

    /// Cells of a cache line.
    private static let lineCells = 8
    private static let lineBytes = 64

    package init(count: Int) {
        self.count = count
        let room = (count + Self.lineCells - 1) / Self.lineCells * Self.lineCells
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: room * MemoryLayout<UInt64>.stride, alignment: Self.lineBytes)
        cells = memory.bindMemory(to: Atomic<UInt64>.self, capacity: room)
        for index in 0..<room { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit { UnsafeMutableRawPointer(cells).deallocate() }

    /// Adds to a counter; by its one writer.
    @inline(__always)
    package func add(_ amount: UInt64 = 1, at index: Int) {
        precondition(index >= 0 && index < count)
        let sum = cells[index].load(ordering: .relaxed) &+ amount
        cells[index].store(sum, ordering: .relaxed)
    }

    /// A counter's value at this moment; by anyone.
    package subscript(index: Int) -> UInt64 {
        precondition(index >= 0 && index < count)
        return cells[index].load(ordering: .relaxed)
    }
}
