/// The best documents so far: a heap, the worst of them on top.
///
/// Documents come in their order, so that of two with the same score the first is kept.
///
/// Invariant: at most `capacity` hits; `threshold` is what the next one must exceed.
struct TopHits {
    struct Hit {
        var score: Float
        var part: Int32
        var document: UInt32

        @inline(__always)
        func isWorse(than other: Hit) -> Bool {
            if score != other.score { return score < other.score }
            return (part, document) > (other.part, other.document)
        }
    }

    private let capacity: Int
    private var heap: [Hit] = []
    private(set) var threshold: Float

    init(capacity: Int) {
        self.capacity = capacity
        threshold = capacity == 0 ? .infinity : -1
        heap.reserveCapacity(min(capacity, 1024))
    }

    @inline(__always)
    mutating func insert(_ score: Float, _ part: Int32, _ document: UInt32) {
        guard score > threshold else { return }
        put(Hit(score: score, part: part, document: document))
    }

    private mutating func put(_ hit: Hit) {
        if heap.count < capacity {
            heap.append(hit)
            rise()
        } else {
            heap[0] = hit
            sink()
        }
        if heap.count == capacity { threshold = heap[0].score }
    }

    private mutating func rise() {
        var place = heap.count - 1
        while place > 0, heap[place].isWorse(than: heap[(place - 1) / 2]) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink() {
        var place = 0
        while true {
            var worst = place
            let left = 2 * place + 1
            if left < heap.count, heap[left].isWorse(than: heap[worst]) { worst = left }
            if left + 1 < heap.count, heap[left + 1].isWorse(than: heap[worst]) { worst = left + 1 }
            guard worst != place else { return }
            heap.swapAt(place, worst)
            place = worst
        }
    }

    /// The best first.
    func sorted() -> [Hit] { heap.sorted { $1.isWorse(than: $0) } }
}
