internal import CacheBase
internal import CacheNode
internal import NIOCore

/// Which operations of a batch other nodes carry out, and what they said.
///
/// Invariant: of each node there are as many results as operations, in their order.
struct BatchPlaces {
    /// Of each operation.
    let destinations: [RequestDestination]
    /// The nodes asked, in the order of the jobs.
    private(set) var nodes: [UInt16] = []
    /// Those that were not asked after all: nothing was applied.
    private var unasked: Set<UInt16> = []
    private var results: [UInt16: (bytes: [UInt8], places: [Range<Int>], next: Int)] = [:]

    init(_ destinations: [RequestDestination]) {
        self.destinations = destinations
        for case .node(let place) in destinations where !nodes.contains(place) {
            nodes.append(place)
        }
    }

    /// Takes in what the nodes said; where one said nothing useful, its operations have no result.
    mutating func take(_ outcomes: [ForwardOutcome]) {
        for (node, outcome) in zip(nodes, outcomes) {
            if case .notSent = outcome { unasked.insert(node) }
            guard case .answered(let answer) = outcome else { continue }
            let bytes = Array(answer.readableBytesView)
            let count = destinations.count { $0 == .node(node) }
            let places = bytes.withUnsafeBytes { answer in
                ResultSplitter.split(answer)
                    ?? ResultSplitter.problem(answer).map { Array(repeating: $0, count: count) }
            }
            if let places, places.count == count { results[node] = (bytes, places, 0) }
        }
    }

    /// Whether an operation of a node that has no result may have been applied.
    func mayBeApplied(by node: UInt16) -> Bool { !unasked.contains(node) }

    /// The next result of a node, as it stands; nil where there is none.
    mutating func next(of node: UInt16) -> ArraySlice<UInt8>? {
        guard let (bytes, places, next) = results[node], next < places.count else { return nil }
        results[node]?.next = next + 1
        return bytes[places[next]]
    }
}

/// Finds the results in another node's answer to a batch.
enum ResultSplitter {
    /// Where the problem is that stands for all of the batch; nil where the answer is another one.
    static func problem(_ answer: UnsafeRawBufferPointer) -> Range<Int>? {
        guard let place = ASCII.bodyStart(answer),
            ASCII.hasPrefix(
                UnsafeRawBufferPointer(rebasing: answer[place...]), #"{"type":"urn:dcs:error:"#)
        else { return nil }
        return place..<answer.count
    }

    /// Where each element of `{"results":[…]}` is; nil where the answer is another one.
    static func split(_ answer: UnsafeRawBufferPointer) -> [Range<Int>]? {
        guard ASCII.hasPrefix(answer, "HTTP/1.1 200 "), var place = ASCII.bodyStart(answer) else {
            return nil
        }
        let lead: StaticString = #"{"results":["#
        guard
            ASCII.hasPrefix(UnsafeRawBufferPointer(rebasing: answer[place...]), lead)
        else { return nil }
        place += lead.utf8CodeUnitCount
        var places: [Range<Int>] = []
        var (start, depth, isInString) = (place, 0, false)
        while place < answer.count {
            let byte = answer[place]
            if isInString {
                if byte == UInt8(ascii: "\\") { place += 1 }
                isInString = byte != UInt8(ascii: "\"")
            } else {
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"): depth -= 1
                case UInt8(ascii: "]") where depth > 0: depth -= 1
                case UInt8(ascii: ",") where depth == 0:
                    places.append(start..<place)
                    start = place + 1
                case UInt8(ascii: "]"):
                    if place > start { places.append(start..<place) }
                    return places
                default: break
                }
            }
            place += 1
        }
        return nil
    }
}
