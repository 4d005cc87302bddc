internal import Synchronization

/// A value and the lock it is used under.
///
/// As `Mutex`, but what goes in and out need not be `sending`: the engine's own closures pass
/// pointers through, which the standard lock rightly does not let.
struct Guarded<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // Safe because: `value` is reached only in `withLock`.
    private let lock = Mutex(())
    private let value: UnsafeMutablePointer<Value>

    init(_ initial: consuming Value) {
        value = .allocate(capacity: 1)
        value.initialize(to: initial)
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
    }

    @inline(__always)
    func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var result: Result?
        try lock.withLock { _ throws(Failure) in
            result = try body(&value.pointee)
        }
        return result.unsafelyUnwrapped
    }
}
