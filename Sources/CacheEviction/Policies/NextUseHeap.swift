/// Keys by their next use, the furthest on top: a binary heap that knows where each key is.
///
/// Invariants: no parent's next use is before its children's; `positions` of a key in `heap` is its
/// index there, and -1 of any other.
struct NextUseHeap {
    private var heap: [UInt32] = []
    private var positions: [Int32]
    private var next: [UInt32]

    init(keys: Int) {
        positions = [Int32](repeating: -1, count: keys)
        next = [UInt32](repeating: 0, count: keys)
    }

    var count: Int { heap.count }

    func contains(_ key: UInt32) -> Bool { positions[Int(key)] >= 0 }

    /// Adds a key, or gives it a later next use.
    mutating func put(_ key: UInt32, next use: UInt32) {
        if positions[Int(key)] < 0 {
            positions[Int(key)] = Int32(heap.count)
            heap.append(key)
        }
        next[Int(key)] = use
        rise(Int(positions[Int(key)]))
    }

    /// Takes out a key whose next use is the furthest; there is one.
    mutating func removeFurthest() {
        positions[Int(heap[0])] = -1
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        place(last, at: 0)
        sink(0)
    }

    private mutating func rise(_ start: Int) {
        let key = heap[start]
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard next[Int(heap[parent])] < next[Int(key)] else { break }
            place(heap[parent], at: index)
            index = parent
        }
        place(key, at: index)
    }

    private mutating func sink(_ start: Int) {
        let key = heap[start]
        var index = start
        while 2 * index + 1 < heap.count {
            var child = 2 * index + 1
            if child + 1 < heap.count, next[Int(heap[child])] < next[Int(heap[child + 1])] {
                child += 1
            }
            guard next[Int(key)] < next[Int(heap[child])] else { break }
            place(heap[child], at: index)
            index = child
        }
        place(key, at: index)
    }

    private mutating func place(_ key: UInt32, at index: Int) {
        heap[index] = key
        positions[Int(key)] = Int32(index)
    }
}
