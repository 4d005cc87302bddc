/// Circular lists of keys, newest first, each key on one of them at most.
///
/// Invariants: of each list there is an anchor behind the keys' numbers, which is its own neighbour
/// where the list is empty; `older` and `newer` of what is on a list are each other's inverse.
struct EntryLists {
    private var older: [UInt32]
    private var newer: [UInt32]
    private let keys: UInt32

    init(keys: Int, lists: Int = 1) {
        self.keys = UInt32(keys)
        older = Array(0..<UInt32(keys + lists))
        newer = older
    }

    /// Puts a key, which is on no list, at the new end.
    @inline(__always)
    mutating func insert(_ key: UInt32, _ list: Int = 0) {
        let anchor = keys + UInt32(list)
        let first = older[Int(anchor)]
        older[Int(key)] = first
        newer[Int(key)] = anchor
        newer[Int(first)] = key
        older[Int(anchor)] = key
    }

    /// Takes a key off its list.
    @inline(__always)
    mutating func remove(_ key: UInt32) {
        let (before, after) = (newer[Int(key)], older[Int(key)])
        older[Int(before)] = after
        newer[Int(after)] = before
    }

    /// The newest key of a list; nil of an empty one.
    @inline(__always)
    func newest(_ list: Int = 0) -> UInt32? {
        let key = older[Int(keys) + list]
        return key < keys ? key : nil
    }

    /// The oldest key of a list; nil of an empty one.
    @inline(__always)
    func oldest(_ list: Int = 0) -> UInt32? {
        let key = newer[Int(keys) + list]
        return key < keys ? key : nil
    }

    /// The next newer key on the same list; nil behind the newest.
    @inline(__always)
    func next(newerThan key: UInt32) -> UInt32? {
        let found = newer[Int(key)]
        return found < keys ? found : nil
    }
}
