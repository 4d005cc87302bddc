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
            guard case .answered(let answer) = outcome else { continue }
            let bytes = Array(answer.readableBytesView)
            let places = bytes.withUnsafeBytes { ResultSplitter.split($0) }
            let count = destinations.count { $0 == .node(node) }
            if let places, places.count == count { results[node] = (bytes, places, 0) }
        }
    }

    /// The next result of a node, as it stands; nil where there is none.
    mutating func next(of node: UInt16) -> ArraySlice<UInt8>? {
        guard let (bytes, places, next) = results[node], next < places.count else { return nil }
        results[node]?.next = next + 1
        return bytes[places[next]]
    }
}

/// Finds the results in another node's answer to a batch.
enum ResultSplitter {
    /// Where each element of `{"results":[…]}` is; nil where the answer is another one.
    static func split(_ answer: UnsafeRawBufferPointer) -> [Range<Int>]? {
        guard ASCII.hasPrefix(answer, "HTTP/1.1 200 "), var place = bodyStart(answer) else {
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

    private static func bodyStart(_ answer: UnsafeRawBufferPointer) -> Int? {
        var place = 3
        while place < answer.count {
            if answer[place] == 10, answer[place - 1] == 13, answer[place - 2] == 10 {
                return place + 1
            }
            place += 1
        }
        return nil
    }
}
