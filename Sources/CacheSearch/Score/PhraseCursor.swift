/// The documents where words stand one after the other or, with slop, near each other.
///
/// Scored as one term whose weight is the sum of the words' and whose frequency is that of the
/// phrase; a sloppy occurrence counts 1 / (1 + other words among it).
///
/// Invariant: at `document`, the phrase occurs with `frequency`.
final class PhraseCursor: DocumentCursor {
    private let intersection: TermIntersection
    private let terms: [WeightedTerm]
    private let readers: [PositionReader]
    private let offsets: [UInt32]
    private let slop: UInt32
    private let weight: Float
    private var frequency: Float = 0
    private var starts: [UInt32] = []

    /// - Parameter terms: in the order of the phrase, each with its own cursor.
    init(_ terms: [WeightedTerm], _ index: SearchIndex, _ phrase: QueryNode.Phrase) {
        self.terms = terms
        intersection = TermIntersection(terms)
        readers = terms.map { PositionReader(index, $0.cursor) }
        offsets = phrase.offsets
        slop = phrase.slop
        weight = terms.reduce(0) { $0 + $1.weight }
        super.init(cost: intersection.terms[0].cursor.info.documents)
        intersection.settle()
        settle()
    }

    override func next() {
        step()
        settle()
    }

    override func advance(to target: UInt32) {
        guard document < target else { return }
        intersection.advance(to: target)
        settle()
    }

    override func score() -> Float { score(frequency) }

    private func score(_ frequency: Float) -> Float {
        terms[0].score(frequency, intersection.document) * weight / terms[0].weight
    }

    private func step() {
        guard minimumScore > 0 else { return intersection.next() }
        intersection.next(above: minimumScore) { low, high in
            var least: Float = 1
            var sum: Float = 0
            for term in terms {
                let impact = term.bound(from: low, to: high) / term.weight
                least = min(least, impact)
                sum += impact
            }
            return (slop == 0 ? least : min(1, sum)) * weight
        }
    }

    /// Goes on to the next document where the phrase occurs.
    private func settle() {
        while intersection.document != PostingsCursor.ended {
            if canScore() {
                frequency = slop == 0 ? exactFrequency() : sloppyFrequency()
                if frequency > 0 { break }
            }
            step()
        }
        document = intersection.document
    }

    /// A phrase is no more frequent than its rarest word. Near each other, each occurrence of any
    /// of the words may begin one more.
    private func canScore() -> Bool {
        guard minimumScore > 0 else { return true }
        var (least, sum) = (UInt32.max, UInt32(0))
        for term in terms {
            least = min(least, term.cursor.frequency)
            sum += term.cursor.frequency
        }
        return score(Float(slop == 0 ? least : sum)) > minimumScore
    }

    private func exactFrequency() -> Float {
        readers[0].read()
        starts.removeAll(keepingCapacity: true)
        starts.append(contentsOf: readers[0].places)
        for number in 1..<readers.count where !starts.isEmpty {
            readers[number].read()
            keepStarts(followedBy: readers[number].places, offsets[number])
        }
        return Float(starts.count)
    }

    private func keepStarts(followedBy places: [UInt32], _ offset: UInt32) {
        var kept = 0
        var next = 0
        for start in starts {
            while next < places.count, places[next] < start + offset { next += 1 }
            guard next < places.count else { break }
            if places[next] == start + offset {
                starts[kept] = start
                kept += 1
            }
        }
        starts.removeLast(starts.count - kept)
    }

    /// Of every window that is as narrow as it can be from its first word on.
    private func sloppyFrequency() -> Float {
        for reader in readers { reader.read() }
        let width = slop + UInt32(readers.count) - 1
        var next = [Int](repeating: 0, count: readers.count)
        var sum: Float = 0
        while true {
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
            if next[first] == readers[first].places.count { return sum }
        }
    }
}
