/// The versions of one key in the store's order, and who wrote each.
///
/// Invariant: `versions` ascends by version. Position -1 is the time before the first.
struct VersionOrder {
    struct Version {
        let version: UInt64
        /// Index of the transaction.
        let writer: Int
        /// nil for a delete.
        let value: ValueID?
    }

    private(set) var versions: [Version] = []

    mutating func add(_ version: Version) { versions.append(version) }

    mutating func sort() { versions.sort { $0.version < $1.version } }

    func writer(at position: Int) -> Int? {
        versions.indices.contains(position) ? versions[position].writer : nil
    }

    /// Where a value stands.
    func position(of value: ValueID) -> Int? { versions.firstIndex { $0.value == value } }

    /// Where the key had no entry: before the first version, and after each delete.
    var emptyPositions: [Int] {
        [-1] + versions.indices.filter { versions[$0].value == nil }
    }
}
