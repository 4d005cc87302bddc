internal import CacheBase

/// What the entries of the log's tail are known by, by their places: wherever an entry goes, its
/// name finds it or shows that it is gone.
///
/// A copy is cheap and stays as it is: a search keeps the names of its moment, while the original
/// goes on. Names are let go of a whole stretch at a time.
///
/// Invariants: every stretch but the last has `stretchCount` names; the first name of all is that of
/// the place `first`.
struct TailNames: Sendable {
    struct Name: Sendable {
        let hash: UInt64
        /// The record, and above its number one bit for a value that is no text.
        private var word: UInt64
        private static let noText: UInt64 = 1 << 63

        init(hash: UInt64, lsn: LSN) {
            self.hash = hash
            word = lsn.rawValue
        }

        var lsn: LSN { LSN(rawValue: word & ~Self.noText) }
        /// False where it is known that the value is in no index.
        var mayBeText: Bool { word & Self.noText == 0 }

        fileprivate mutating func noteNoText() { word |= Self.noText }
    }

    private static let stretchCount = 4096

    private var stretches: [[Name]] = []
    /// The first place whose name is known.
    private(set) var first: UInt64 = 1
    /// The place of the next name.
    private(set) var end: UInt64 = 1

    /// - Returns: its place.
    mutating func append(_ name: Name) -> UInt64 {
        if stretches.last?.count ?? Self.stretchCount == Self.stretchCount {
            stretches.append([])
            stretches[stretches.count - 1].reserveCapacity(Self.stretchCount)
        }
        stretches[stretches.count - 1].append(name)
        defer { end += 1 }
        return end
    }

    /// Nil for a place whose name was let go.
    subscript(_ place: UInt64) -> Name? {
        guard place >= first, place < end else { return nil }
        let number = Int(place - first)
        return stretches[number / Self.stretchCount][number % Self.stretchCount]
    }

    /// The value at a place is no text.
    mutating func noteNoText(_ place: UInt64) {
        guard place >= first, place < end else { return }
        let number = Int(place - first)
        stretches[number / Self.stretchCount][number % Self.stretchCount].noteNoText()
    }

    /// The first place from `start` on whose record is not before `lsn`.
    func place(ofRecord lsn: LSN, from start: UInt64) -> UInt64 {
        var (low, high) = (max(start, first), end)
        while low < high {
            let middle = (low + high) / 2
            guard let name = self[middle] else { preconditionFailure("between first and end") }
            if name.lsn < lsn { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Lets go of names before `place`, as far as they fill stretches.
    mutating func trim(before place: UInt64) {
        guard place > first else { return }
        let count = min(Int(place - first) / Self.stretchCount, stretches.count)
        stretches.removeFirst(count)
        first += UInt64(count * Self.stretchCount)
        if stretches.isEmpty { first = end }
    }
}
