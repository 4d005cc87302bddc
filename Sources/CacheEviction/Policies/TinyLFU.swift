/// W-TinyLFU: a small window by recency in front of a main cache, into which an entry comes only
/// where it was asked for more often lately than what would have to go.
///
/// Einziger, Friedman and Manes, "TinyLFU: A Highly Efficient Cache Admission Policy" (ACM
/// Transactions on Storage, 2017). The window has a hundredth of the capacity; the main cache is a
/// segmented LRU (Karedla, Love and Wherry, 1994): four fifths of it for what was hit there, the
/// rest on probation. There is no doorkeeper in front of the sketch. Where entries differ in size,
/// a candidate meets one victim after the other until there is room or it loses.
struct TinyLFU: EvictionPolicy {
    private enum Place: UInt8 {
        case window, probation, protected, none
    }

    private let room: CacheRoom
    private let windowMax: Int
    private let mainMax: Int
    private let protectedMax: Int
    private var lists: EntryLists
    private var places: [Place]
    private var weights = [0, 0, 0]
    private var sketch: FrequencySketch

    init(_ room: CacheRoom) {
        self.room = room
        windowMax = max(room.capacity / 100, 1)
        mainMax = room.capacity - windowMax
        protectedMax = mainMax * 4 / 5
        lists = EntryLists(keys: room.keys, lists: 3)
        places = [Place](repeating: .none, count: room.keys)
        sketch = FrequencySketch(entries: room.entries)
    }

    var used: Int { weights[0] + weights[1] + weights[2] }

    mutating func request(_ key: UInt32) -> Bool {
        sketch.note(key)
        switch places[Int(key)] {
        case .none:
            guard !room.isTooSmall(for: key) else { return false }
            put(key, .window)
            shrinkWindow()
            return false
        case .window: move(key, to: .window)
        case .probation:
            move(key, to: .protected)
            shrinkProtected()
        case .protected: move(key, to: .protected)
        }
        return true
    }

    private mutating func shrinkWindow() {
        while weights[0] > windowMax, let candidate = lists.oldest(0) {
            take(candidate)
            if makesRoom(for: candidate) { put(candidate, .probation) }
        }
    }

    /// Lets a candidate for the main cache meet what would have to go.
    /// - Returns: false where it lost.
    private mutating func makesRoom(for candidate: UInt32) -> Bool {
        let weight = Int(room.weights[Int(candidate)])
        guard weight <= mainMax else { return false }
        while weights[1] + weights[2] + weight > mainMax {
            guard let victim = lists.oldest(1) ?? lists.oldest(2) else { return false }
            guard sketch.frequency(candidate) > sketch.frequency(victim) else { return false }
            take(victim)
        }
        return true
    }

    private mutating func shrinkProtected() {
        while weights[2] > protectedMax, let oldest = lists.oldest(2) {
            move(oldest, to: .probation)
        }
    }

    private mutating func move(_ key: UInt32, to place: Place) {
        take(key)
        put(key, place)
    }

    private mutating func put(_ key: UInt32, _ place: Place) {
        lists.insert(key, Int(place.rawValue))
        places[Int(key)] = place
        weights[Int(place.rawValue)] += Int(room.weights[Int(key)])
    }

    private mutating func take(_ key: UInt32) {
        lists.remove(key)
        weights[Int(places[Int(key)].rawValue)] -= Int(room.weights[Int(key)])
        places[Int(key)] = .none
    }
}
