import CacheBase

@testable import CacheEviction

/// A policy written down as plainly as its paper says it: lists and dictionaries, O(n).
protocol NaivePolicy {
    mutating func request(_ key: UInt32) -> Bool
}

extension CacheRoom {
    func weight(_ keys: [UInt32]) -> Int { keys.reduce(0) { $0 + Int(weights[Int($1)]) } }
    func weight(_ key: UInt32) -> Int { Int(weights[Int(key)]) }
}

/// Newest first.
struct NaiveLRU: NaivePolicy {
    let room: CacheRoom
    var order: [UInt32] = []

    mutating func request(_ key: UInt32) -> Bool {
        if let place = order.firstIndex(of: key) {
            order.remove(at: place)
            order.insert(key, at: 0)
            return true
        }
        if room.weight(key) > room.capacity { return false }
        while room.weight(order) + room.weight(key) > room.capacity { order.removeLast() }
        order.insert(key, at: 0)
        return false
    }
}

/// Newest first; the hand is a key.
struct NaiveSieve: NaivePolicy {
    let room: CacheRoom
    var queue: [UInt32] = []
    var visited: Set<UInt32> = []
    var hand: UInt32?

    mutating func request(_ key: UInt32) -> Bool {
        if queue.contains(key) {
            visited.insert(key)
            return true
        }
        if room.weight(key) > room.capacity { return false }
        while room.weight(queue) + room.weight(key) > room.capacity { evict() }
        queue.insert(key, at: 0)
        return false
    }

    private mutating func evict() {
        var place = hand.flatMap { queue.firstIndex(of: $0) } ?? queue.count - 1
        while visited.remove(queue[place]) != nil {
            place = place == 0 ? queue.count - 1 : place - 1
        }
        hand = place == 0 ? nil : queue[place - 1]
        queue.remove(at: place)
    }
}

/// Newest first in each queue.
struct NaiveS3FIFO: NaivePolicy {
    let room: CacheRoom
    var small: [UInt32] = []
    var main: [UInt32] = []
    var ghost: [UInt32] = []
    var frequency: [UInt32: Int] = [:]

    mutating func request(_ key: UInt32) -> Bool {
        if small.contains(key) || main.contains(key) {
            frequency[key] = min(frequency[key, default: 0] + 1, 3)
            return true
        }
        if room.weight(key) > room.capacity { return false }
        let isKnown = ghost.contains(key)
        ghost.removeAll { $0 == key }
        while room.weight(small + main) + room.weight(key) > room.capacity { evict() }
        frequency[key] = 0
        if isKnown { main.insert(key, at: 0) } else { small.insert(key, at: 0) }
        return false
    }

    private mutating func evict() {
        let smallMax = max(room.capacity / 10, 1)
        if room.weight(small) >= smallMax || main.isEmpty {
            while let key = small.popLast() {
                if frequency[key, default: 0] <= 1 {
                    ghost.insert(key, at: 0)
                    while room.weight(ghost) > room.capacity - smallMax { ghost.removeLast() }
                    return
                }
                main.insert(key, at: 0)
            }
        } else {
            while let key = main.popLast() {
                if frequency[key, default: 0] == 0 { return }
                frequency[key, default: 0] -= 1
                main.insert(key, at: 0)
            }
        }
    }
}

/// Counters in a dictionary, by where the sketch has them.
struct NaiveTinyLFU: NaivePolicy {
    struct Counter: Hashable {
        let word: Int
        let shift: UInt64
    }

    let room: CacheRoom
    let sketch: FrequencySketch
    var counters: [Counter: Int] = [:]
    var sample = 0
    var window: [UInt32] = []
    var probation: [UInt32] = []
    var protected: [UInt32] = []

    init(room: CacheRoom) {
        self.room = room
        sketch = FrequencySketch(entries: room.entries)
    }

    mutating func request(_ key: UInt32) -> Bool {
        note(key)
        let windowMax = max(room.capacity / 100, 1)
        let mainMax = room.capacity - windowMax
        if let place = window.firstIndex(of: key) {
            window.insert(window.remove(at: place), at: 0)
            return true
        }
        if let place = protected.firstIndex(of: key) {
            protected.insert(protected.remove(at: place), at: 0)
            return true
        }
        if let place = probation.firstIndex(of: key) {
            protected.insert(probation.remove(at: place), at: 0)
            while room.weight(protected) > mainMax * 4 / 5 {
                probation.insert(protected.removeLast(), at: 0)
            }
            return true
        }
        if room.weight(key) > room.capacity { return false }
        window.insert(key, at: 0)
        while room.weight(window) > windowMax { settle(window.removeLast(), mainMax) }
        return false
    }

    private mutating func settle(_ candidate: UInt32, _ mainMax: Int) {
        if room.weight(candidate) > mainMax { return }
        while room.weight(probation + protected) + room.weight(candidate) > mainMax {
            guard let victim = probation.last ?? protected.last,
                frequency(candidate) > frequency(victim)
            else { return }
            if probation.isEmpty { protected.removeLast() } else { probation.removeLast() }
        }
        probation.insert(candidate, at: 0)
    }

    private func counters(of key: UInt32) -> [Counter] {
        (0..<FrequencySketch.rows).map { row in
            let place = sketch.place(key, row)
            return Counter(word: place.word, shift: place.shift)
        }
    }

    private func frequency(_ key: UInt32) -> Int {
        counters(of: key).map { counters[$0, default: 0] }.min() ?? 0
    }

    private mutating func note(_ key: UInt32) {
        for counter in counters(of: key) {
            counters[counter] = min(counters[counter, default: 0] + 1, 15)
        }
        sample += 1
        if sample >= 10 * room.entries {
            counters = counters.mapValues { $0 / 2 }
            sample /= 2
        }
    }
}

/// Newest first in each shard, with the number of moves at each key's last one.
struct NaiveBuiltLRU: NaivePolicy {
    struct Shard {
        var order: [UInt32] = []
        var moves = 0
        var stampOf: [UInt32: Int] = [:]

        var stamp: Int {
            var turnover = 1
            while 2 * turnover <= order.count { turnover *= 2 }
            return moves / max(turnover / 64, 1) % 4096
        }
    }

    let room: CacheRoom
    let shardOf: (UInt32) -> Int
    var shards = [Shard](repeating: Shard(), count: 64)

    mutating func request(_ key: UInt32) -> Bool {
        let number = shardOf(key)
        if let place = shards[number].order.firstIndex(of: key) {
            let shard = shards[number]
            let age = (shard.stamp - shard.stampOf[key, default: 0] + 4096) % 4096
            if shard.order.count >= 1024 ? age < 8 : place == 0 { return true }
            shards[number].order.remove(at: place)
            // The list is as long as before while the move is counted.
            shards[number].order.insert(key, at: 0)
            shards[number].moves += 1
            shards[number].stampOf[key] = shards[number].stamp
            return true
        }
        if shards[number].order.count >= room.capacity / 64 { shards[number].order.removeLast() }
        shards[number].moves += 1
        shards[number].stampOf[key] = shards[number].stamp
        shards[number].order.insert(key, at: 0)
        return false
    }
}
