internal import CacheBase
internal import NIOCore

/// A connection's answers in their order, held back behind writes that are not assured yet: durable,
/// or with replicas.
///
/// Invariants: `ready` may be sent; `first` follows it and waits for `firstLSN` to be reached,
/// `second` follows that and waits for `secondLSN`; `second` is empty where `first` is. Answers
/// are added at the end only. Two groups are enough: while one sync runs, all that comes waits for
/// the next. So the state is bounded, and a client that never pauses cannot move its own goal.
struct AnswerQueue {
    var ready = ByteBuffer()
    private var first = ByteBuffer()
    private var second = ByteBuffer()
    private(set) var firstLSN = LSN.zero
    private var secondLSN = LSN.zero
    /// What is waited for, of all that is held.
    private(set) var assurance: Assurance = []
    private let budget: BufferBudget
    let counters: LoopCounters
    /// Bytes of large answers taken from the budget and not yet handed on.
    private var charged = 0

    /// Which group of held answers the next one joins.
    enum Holding { case none, first, second }

    init(budget: BufferBudget, counters: LoopCounters) {
        self.budget = budget
        self.counters = counters
    }

    /// Takes a large answer's bytes from the budget; false where nothing is left.
    @inline(__always)
    mutating func admit(_ count: Int) -> Bool {
        guard count > HTTPLimits.retainedBufferBytesMax else { return true }
        guard budget.take(count) else { return false }
        charged += count
        return true
    }

    /// Returns what was taken, once the client took the answers.
    @inline(__always)
    mutating func discharge() {
        guard charged > 0 else { return }
        budget.give(charged)
        charged = 0
    }

    @inline(__always)
    var isHolding: Bool { firstLSN != .zero }

    @inline(__always)
    var holding: Holding {
        if !isHolding { return .none }
        return secondLSN == .zero ? .first : .second
    }

    /// All bytes, held or not.
    @inline(__always)
    var count: Int {
        ready.readableBytes + (isHolding ? first.readableBytes + second.readableBytes : 0)
    }

    /// Adds an answer of at most `bytesMax` bytes.
    @inline(__always)
    mutating func append(atMost bytesMax: Int, _ body: (inout ByteCursor) -> Void) {
        switch holding {
        case .none: ready.append(atMost: bytesMax, body)
        case .first: first.append(atMost: bytesMax, body)
        case .second: second.append(atMost: bytesMax, body)
        }
    }

    /// The answers added from now on wait until the store has come to `lsn`.
    mutating func hold(until lsn: LSN, _ assurance: Assurance) {
        self.assurance.formUnion(assurance)
        if !isHolding {
            firstLSN = lsn
        } else if lsn > firstLSN {
            secondLSN = max(secondLSN, lsn)
        }
    }

    /// True where something waits for copies of a record up to this one.
    func waitsForCopies(upTo lsn: LSN) -> Bool {
        isHolding && assurance.contains(.copied) && firstLSN <= lsn
    }

    /// Lets go what has been reached.
    /// - Returns: groups let go, at most two.
    @discardableResult
    mutating func release(upTo durable: LSN) -> Int {
        var groups = 0
        while isHolding, firstLSN <= durable {
            groups += 1
            if ready.readableBytes == 0 {
                swap(&ready, &first)
            } else {
                ready.writeBuffer(&first)
            }
            first.clear()
            swap(&first, &second)
            firstLSN = secondLSN
            secondLSN = .zero
        }
        if !isHolding { assurance = [] }
        return groups
    }

    /// Drops what waits; for a log that will never be durable again.
    mutating func dropHeld() {
        first = ByteBuffer()
        second = ByteBuffer()
        firstLSN = .zero
        secondLSN = .zero
        assurance = []
    }

    /// Gives back all memory; nothing is held and nothing ready.
    mutating func releaseBuffers() {
        ready = ByteBuffer()
        first = ByteBuffer()
        second = ByteBuffer()
    }

    /// Makes `ready` empty after its bytes were handed on; keeps its memory where that is small.
    @inline(__always)
    mutating func clearReady() {
        if ready.storageCapacity > HTTPLimits.retainedBufferBytesMax {
            ready = ByteBuffer()
        } else {
            ready.clear()
        }
    }
}

extension ByteBuffer {
    /// Appends what `body` writes, at most `bytesMax` bytes.
    @inline(__always)
    mutating func append(atMost bytesMax: Int, _ body: (inout ByteCursor) -> Void) {
        let room = max(bytesMax, capacity == 0 ? HTTPLimits.bufferBytesMin : bytesMax)
        writeWithUnsafeMutableBytes(minimumWritableBytes: room) { space in
            var cursor = ByteCursor(space)
            body(&cursor)
            return cursor.count
        }
    }
}
