/// The postings of one term, decoded: documents, how often, and where in each. Reused for each
/// term.
///
/// Invariants: `frequencies[i]` is the number of places of `documents[i]`; the places stand in
/// order of the documents, each document's as distances, the first from 0.
final class PostingBuffer {
    private(set) var documents: UnsafeMutablePointer<UInt32>
    private(set) var frequencies: UnsafeMutablePointer<UInt32>
    private(set) var positions: UnsafeMutablePointer<UInt32>
    private(set) var count = 0
    private(set) var positionCount = 0
    private var capacity = 1024
    private var positionCapacity = 4096

    init() {
        documents = .allocate(capacity: capacity)
        frequencies = .allocate(capacity: capacity)
        positions = .allocate(capacity: positionCapacity)
    }

    deinit {
        documents.deallocate()
        frequencies.deallocate()
        positions.deallocate()
    }

    func removeAll() { (count, positionCount) = (0, 0) }

    @inline(__always)
    func open(document: UInt32) {
        if count == capacity { grow() }
        documents[count] = document
        frequencies[count] = 0
        count &+= 1
    }

    @inline(__always)
    func place(delta: UInt32) {
        if positionCount == positionCapacity { growPositions(by: 1) }
        positions[positionCount] = delta
        positionCount &+= 1
        frequencies[count &- 1] &+= 1
    }

    /// Adds a document whose places are known.
    func add(_ document: UInt32, positions deltas: UnsafePointer<UInt32>, count length: Int) {
        open(document: document)
        if positionCount + length > positionCapacity { growPositions(by: length) }
        (positions + positionCount).update(from: deltas, count: length)
        positionCount += length
        frequencies[count - 1] = UInt32(length)
    }

    /// Puts the documents in order, where those of several indexes were added.
    func sort() {
        guard (1..<max(count, 1)).contains(where: { documents[$0 - 1] > documents[$0] }) else {
            return
        }
        var order: [(document: UInt32, frequency: UInt32, start: Int)] = []
        var start = 0
        for index in 0..<count {
            order.append((documents[index], frequencies[index], start))
            start += Int(frequencies[index])
        }
        order.sort { $0.document < $1.document }
        let old = Array(UnsafeBufferPointer(start: positions, count: positionCount))
        removeAll()
        old.withUnsafeBufferPointer { old in
            for entry in order {
                add(
                    entry.document, positions: old.baseAddress.unsafelyUnwrapped + entry.start,
                    count: Int(entry.frequency))
            }
        }
    }

    private func grow() {
        documents = Self.enlarged(documents, count, capacity * 2)
        frequencies = Self.enlarged(frequencies, count, capacity * 2)
        capacity *= 2
    }

    private func growPositions(by length: Int) {
        positionCapacity = max(positionCapacity * 2, positionCount + length)
        positions = Self.enlarged(positions, positionCount, positionCapacity)
    }

    private static func enlarged(
        _ old: UnsafeMutablePointer<UInt32>, _ count: Int, _ capacity: Int
    ) -> UnsafeMutablePointer<UInt32> {
        let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
        larger.moveInitialize(from: old, count: count)
        old.deallocate()
        return larger
    }
}
