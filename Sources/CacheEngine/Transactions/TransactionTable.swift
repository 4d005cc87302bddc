internal import CacheBase
internal import CacheFormat

/// The open transactions by their number.
///
/// Numbers are given out one after another, so the low bits of one are its place: nothing is
/// hashed. Objects that have ended are kept for those to come, up to a limit.
///
/// Invariants:
/// - `places.count` is a power of two and more than twice `count`.
/// - A transaction is at the place of its number's low bits.
struct TransactionTable {
    private var places: [OpenTransaction?] = Array(repeating: nil, count: 64)
    private var idle: [OpenTransaction] = []
    private(set) var count = 0
    private var nextSequence: UInt64 = 0

    var all: [OpenTransaction] { places.compactMap { $0 } }

    /// What is at the place of a number; whether it is that number's, its content tells.
    subscript(_ number: TransactionNumber) -> OpenTransaction? {
        places[place(number.sequence)]
    }

    /// The next numbers that are free to be taken: the last of them is, the others are passed
    /// over, since an older transaction is at their place still.
    mutating func nextSequences() -> ClosedRange<UInt64> {
        if (count + 1) * 2 >= places.count { grow() }
        let first = nextSequence
        while places[place(nextSequence)] != nil { nextSequence += 1 }
        nextSequence += 1
        return first...(nextSequence - 1)
    }

    /// Adds a transaction at the place of a number that `nextSequences` gave.
    /// - Parameter start: makes the object that number's.
    mutating func insert(_ sequence: UInt64, _ start: (OpenTransaction) -> Void) {
        let transaction = idle.popLast() ?? OpenTransaction()
        start(transaction)
        places[place(sequence)] = transaction
        count += 1
    }

    /// Lets go of a transaction, of which nobody has need any more.
    mutating func remove(_ number: TransactionNumber) {
        guard let transaction = places[place(number.sequence)] else {
            preconditionFailure("a transaction ends once")
        }
        places[place(number.sequence)] = nil
        count -= 1
        if idle.count < Limits.transactionsIdleMax { idle.append(transaction) }
    }

    private func place(_ sequence: UInt64) -> Int {
        Int(truncatingIfNeeded: sequence & UInt64(places.count - 1))
    }

    /// Numbers that differ in their low bits still do with one more of them.
    private mutating func grow() {
        let present = all
        places = Array(repeating: nil, count: places.count * 2)
        for transaction in present {
            let sequence = transaction.content.withLock { $0.id.number.sequence }
            places[place(sequence)] = transaction
        }
    }
}
