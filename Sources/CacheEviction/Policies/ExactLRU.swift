/// Evicts what was requested longest ago.
struct ExactLRU: EvictionPolicy {
    private let room: CacheRoom
    private var order: EntryLists
    private var isHeld: [Bool]
    private(set) var used = 0

    init(_ room: CacheRoom) {
        self.room = room
        order = EntryLists(keys: room.keys)
        isHeld = [Bool](repeating: false, count: room.keys)
    }

    mutating func request(_ key: UInt32) -> Bool {
        if isHeld[Int(key)] {
            order.remove(key)
            order.insert(key)
            return true
        }
        guard !room.isTooSmall(for: key) else { return false }
        let weight = Int(room.weights[Int(key)])
        while used + weight > room.capacity, let oldest = order.oldest() {
            order.remove(oldest)
            isHeld[Int(oldest)] = false
            used -= Int(room.weights[Int(oldest)])
        }
        order.insert(key)
        isHeld[Int(key)] = true
        used += weight
        return false
    }
}
