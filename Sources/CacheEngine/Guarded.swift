/// A value and the lock it is used under, for sections of well under a microsecond.
///
/// As `Mutex`, but what goes in and out need not be `sending`: the engine's own closures pass
/// pointers through, which the standard lock rightly does not let.
struct Guarded<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // Safe because: `cell` is reached only in `withLock`.
    private struct Cell: ~Copyable {
        let lock = ShortLock()
        var value: Value
    }

    private let cell: UnsafeMutablePointer<Cell>

    init(_ initial: consuming Value) {
        cell = .allocate(capacity: 1)
        cell.initialize(to: Cell(value: initial))
    }

    deinit {
        cell.deinitialize(count: 1)
        cell.deallocate()
    }

    @inline(__always)
    func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        cell.pointee.lock.lock()
        defer { cell.pointee.lock.unlock() }
        return try body(&cell.pointee.value)
    }
}
