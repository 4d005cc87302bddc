/// Counts how often a phrase occurs in the document where its words' cursors are. Where the time is
/// up meanwhile, the count is not to be used: one document can be millions of words.
///
/// Invariant: `starts` has room for `room` places.
final class PhraseMatcher {
    private let readers: [PositionReader]
    private let offsets: [UInt32]
    private let slop: UInt32
    private let budget: QueryBudget
    private var starts: UnsafeMutablePointer<UInt32>
    private var room = 64

    init(_ readers: [PositionReader], _ phrase: QueryNode.Phrase, _ budget: QueryBudget) {
        self.budget = budget
        self.readers = readers
        offsets = phrase.offsets
        slop = phrase.slop
        starts = .allocate(capacity: room)
    }

    deinit { starts.deallocate() }

    /// Words one after the other.
    func exactFrequency() -> Float {
        readers[0].read()
        var count = readers[0].count
        if count > room {
            starts.deallocate()
            room = count * 2
            starts = .allocate(capacity: room)
        }
        starts.update(from: readers[0].places, count: count)
        for number in 1..<readers.count where count > 0 {
            readers[number].read()
            guard !budget.mustStop(after: readers[number].count >> 4) else { break }
            count = Self.keep(
                starts, count, readers[number].places, readers[number].count, offsets[number])
        }
        return Float(count)
    }

    /// Keeps those of `starts` that a place follows by `offset`; returns how many.
    private static func keep(
        _ starts: UnsafeMutablePointer<UInt32>, _ count: Int, _ places: UnsafePointer<UInt32>,
        _ placeCount: Int, _ offset: UInt32
    ) -> Int {
        var kept = 0
        var next = 0
        for index in 0..<count {
            let wanted = starts[index] &+ offset
            while next < placeCount, places[next] < wanted { next &+= 1 }
            guard next < placeCount else { break }
            if places[next] == wanted {
                starts[kept] = starts[index]
                kept &+= 1
            }
        }
        return kept
    }

    /// Words near each other: every window that is as narrow as it can be from its first word on.
    func sloppyFrequency() -> Float {
        for reader in readers { reader.read() }
        let width = slop + UInt32(readers.count) - 1
        var next = [Int](repeating: 0, count: readers.count)
        var sum: Float = 0
        var steps = LoopSteps()
        while !steps.mustStop(budget) {
            var (first, low, high) = (0, UInt32.max, UInt32(0))
            for (number, reader) in readers.enumerated() {
                let place = reader.places[next[number]]
                if place < low { (first, low) = (number, place) }
                high = max(high, place)
            }
            let span = high - low
            if span <= width {
                let others = Float(span) - Float(readers.count - 1)
                sum += 1 / (1 + max(0, others))
            }
            next[first] += 1
            if next[first] == readers[first].count { break }
        }
        return sum
    }
}
