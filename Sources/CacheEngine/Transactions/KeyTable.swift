/// Values by hash of their key, in the order in which the hashes came: searched in line while they
/// are few, as they mostly are, and by a dictionary beyond.
///
/// Invariant: `places` is empty up to `inlineMax` hashes, and holds all of them beyond.
struct KeyTable<Value> {
    private static var inlineMax: Int { 8 }

    private(set) var hashes: [UInt64] = []
    private(set) var values: [Value] = []
    private var places: [UInt64: Int] = [:]

    var count: Int { hashes.count }

    func contains(_ hash: UInt64) -> Bool { place(hash) != nil }

    subscript(hash: UInt64) -> Value? { place(hash).map { values[$0] } }

    /// Sets the value of a hash, in its old place where it has one.
    mutating func set(_ hash: UInt64, _ value: Value) {
        if let place = place(hash) {
            values[place] = value
            return
        }
        hashes.append(hash)
        values.append(value)
        if count == Self.inlineMax + 1 {
            for (place, hash) in hashes.enumerated() { places[hash] = place }
        } else if count > Self.inlineMax {
            places[hash] = count - 1
        }
    }

    /// Calls `body` with each value, which it may change.
    mutating func forEachValue(_ body: (inout Value) -> Void) {
        for place in values.indices { body(&values[place]) }
    }

    /// Forgets everything, and keeps the room of a few.
    mutating func removeAll() {
        guard count <= Self.inlineMax else {
            self = KeyTable()
            return
        }
        hashes.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }

    private func place(_ hash: UInt64) -> Int? {
        if count > Self.inlineMax { return places[hash] }
        return hashes.firstIndex(of: hash)
    }
}
