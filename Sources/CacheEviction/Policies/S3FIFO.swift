/// S3-FIFO: a small queue for what is new, a main queue for what was asked for again, and a ghost
/// queue of keys that fell out of the small one.
///
/// Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache eviction" (SOSP 2023),
/// algorithm 1: the small queue has a tenth of the capacity, an entry goes on to the main queue
/// where it was asked for more than once in the small one, a key that the ghost queue knows goes
/// there at once, and the main queue gives an entry as many further rounds as it was asked for, up
/// to three. The ghost queue knows keys of as much weight as the main queue's capacity. Room is
/// taken from whichever queue has more than its share, as in the authors' simulator.
struct S3FIFO: EvictionPolicy {
    private enum Place: UInt8 {
        case small, main, ghost, none
    }

    private static let frequencyMax: UInt8 = 3

    private let room: CacheRoom
    private let smallMax: Int
    private let ghostMax: Int
    private var queues: EntryLists
    private var places: [Place]
    private var frequencies: [UInt8]
    private var weights = [0, 0, 0]

    init(_ room: CacheRoom) {
        self.room = room
        smallMax = max(room.capacity / 10, 1)
        ghostMax = room.capacity - smallMax
        queues = EntryLists(keys: room.keys, lists: 3)
        places = [Place](repeating: .none, count: room.keys)
        frequencies = [UInt8](repeating: 0, count: room.keys)
    }

    var used: Int { weights[0] + weights[1] }

    mutating func request(_ key: UInt32) -> Bool {
        let place = places[Int(key)]
        if place == .small || place == .main {
            frequencies[Int(key)] = min(frequencies[Int(key)] + 1, Self.frequencyMax)
            return true
        }
        guard !room.isTooSmall(for: key) else { return false }
        if place == .ghost { take(key) }
        let weight = Int(room.weights[Int(key)])
        while used + weight > room.capacity { evict() }
        frequencies[Int(key)] = 0
        put(key, place == .ghost ? .main : .small)
        return false
    }

    private mutating func evict() {
        if weights[0] >= smallMax || weights[1] == 0 { evictSmall() } else { evictMain() }
    }

    /// Goes through the small queue until an entry leaves the cache, or all moved on.
    private mutating func evictSmall() {
        while let oldest = queues.oldest(0) {
            take(oldest)
            if frequencies[Int(oldest)] > 1 {
                put(oldest, .main)
            } else {
                remember(oldest)
                return
            }
        }
    }

    private mutating func evictMain() {
        while let oldest = queues.oldest(1) {
            take(oldest)
            guard frequencies[Int(oldest)] > 0 else { return }
            frequencies[Int(oldest)] -= 1
            put(oldest, .main)
        }
    }

    private mutating func remember(_ key: UInt32) {
        put(key, .ghost)
        while weights[2] > ghostMax, let oldest = queues.oldest(2) { take(oldest) }
    }

    private mutating func put(_ key: UInt32, _ place: Place) {
        queues.insert(key, Int(place.rawValue))
        places[Int(key)] = place
        weights[Int(place.rawValue)] += Int(room.weights[Int(key)])
    }

    private mutating func take(_ key: UInt32) {
        queues.remove(key)
        weights[Int(places[Int(key)].rawValue)] -= Int(room.weights[Int(key)])
        places[Int(key)] = .none
    }
}
