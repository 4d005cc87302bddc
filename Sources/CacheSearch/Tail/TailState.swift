/// What all threads see of the tail's index.
///
/// Invariants: `waiting` holds the places of the entries in the builder, by ordinal, increasing;
/// every place in `parts` is before them, and none is behind `seen`. `removed` holds places of
/// `waiting`, and some behind `seen`. Who merges parts holds their indexes, so that no other object
/// is taken for one of `taken`.
struct TailState {
    private(set) var parts: [TailPart] = []
    private(set) var waiting: [UInt64] = []
    /// Places not yet published that have died.
    private(set) var removed: Set<UInt64> = []
    /// Indexes of parts that somebody merges.
    private var taken: Set<ObjectIdentifier> = []
    /// The last place that was added, whether or not it is indexed.
    private var seen: UInt64?
    /// Entries before it are gone.
    private var start: UInt64 = 0

    // MARK: Adding

    /// Notes that a place is being added; false where its entry is dead already.
    mutating func begin(_ place: UInt64) -> Bool {
        precondition(seen.map { place > $0 } ?? true, "places of the log increase")
        let isDead = removed.remove(place) != nil || place < start
        seen = place
        return !isDead
    }

    /// Adds the place last begun to those in the builder.
    mutating func wait(_ place: UInt64) { waiting.append(place) }

    /// Adds a part of the entries in the builder, without those that died before.
    mutating func show(_ part: TailPart) {
        var part = part
        for place in removed {
            if let ordinal = part.ordinal(place) { _ = part.remove(ordinal) }
        }
        part.trim(before: start)
        let last = waiting.last ?? 0
        removed = removed.filter { $0 > last }
        waiting.removeAll(keepingCapacity: true)
        if part.liveCount > 0 { parts.append(part) }
    }

    // MARK: Removing

    mutating func remove(_ place: UInt64) {
        if seen.map({ place > $0 }) ?? true {
            if removed.count - waiting.count < SearchLimits.tailRemovedMax { removed.insert(place) }
        } else if place >= waiting.first ?? .max {
            if waiting.ordinal(of: place) != nil { removed.insert(place) }
        } else if let number = parts.firstIndex(where: { place <= $0.lastPlace }),
            let ordinal = parts[number].ordinal(place)
        {
            if parts[number].remove(ordinal), parts[number].liveCount == 0 {
                parts.remove(at: number)
            }
        }
    }

    mutating func trim(before place: UInt64) {
        start = max(start, place)
        removed = removed.filter { $0 >= place }
        for number in parts.indices { parts[number].trim(before: place) }
        parts.removeAll { $0.liveCount == 0 }
    }

    // MARK: Merging

    /// Neighbours of which none is much larger than the others together, four or more: they are the
    /// caller's until `replace`. Entries that are dead do not count, so that parts that hold mostly
    /// such ones are soon merged.
    /// - Parameter bytes: that they may have together; nil where they have more or fewer.
    mutating func takeMergeable(_ bytes: ClosedRange<Int>) -> [TailPart]? {
        var (start, level) = (parts.count, 0)
        while start > 0, !isTaken(parts[start - 1]) {
            level = max(level, parts[start - 1].level)
            start -= 1
            while start > 0, parts[start - 1].level <= level, !isTaken(parts[start - 1]) {
                start -= 1
            }
            let run = parts[start...]
            guard run.count >= SearchLimits.tailMergedParts else { continue }
            guard bytes.contains(run.reduce(0) { $0 + $1.index.bytes }) else { return nil }
            taken.formUnion(run.map { ObjectIdentifier($0.index) })
            return Array(run)
        }
        return nil
    }

    private func isTaken(_ part: TailPart) -> Bool {
        taken.contains(ObjectIdentifier(part.index))
    }

    /// Shows what was merged in place of its sources.
    mutating func replace(_ merge: TailMerge) {
        let number = parts.firstIndex(where: merge.isSource)
        parts.removeAll(where: merge.isSource)
        taken.subtract(merge.sourceIdentifiers)
        if merge.merged.liveCount > 0, let number { parts.insert(merge.merged, at: number) }
    }
}
