/// Words of a text on their way to their chains, some at a time: so that the processor loads what it
/// needs of all of them at once, and not of one after the other.
///
/// Invariant: the first `count` words wait, in the order of their places.
struct WordBatch: ~Copyable {
    private struct Waiting {
        /// The word itself where it is short; 0 where `chain` is known.
        var word: UInt64
        var position: UInt32
        /// The hash of a short word, then the chain.
        var chain: UInt32
    }

    private static let capacity = 32
    private let words = UnsafeMutablePointer<Waiting>.allocate(capacity: capacity)
    private var count = 0

    deinit { words.deallocate() }

    var isFull: Bool { count == Self.capacity }

    /// Adds a word of up to eight bytes.
    @inline(__always)
    mutating func add(_ word: UInt64, _ hash: UInt32, at position: UInt32) {
        words[count] = Waiting(word: word, position: position, chain: hash)
        count &+= 1
    }

    /// Adds a word whose chain is known.
    @inline(__always)
    mutating func add(chain: UInt32, at position: UInt32) {
        words[count] = Waiting(word: 0, position: position, chain: chain)
        count &+= 1
    }

    /// Calls `find` with each short word and its hash, and then `post` with each word's chain.
    @inline(__always)
    mutating func empty(
        find: (UInt64, UInt32) -> UInt32, post: (_ chain: UInt32, _ position: UInt32) -> Void
    ) {
        for index in 0..<count where words[index].word != 0 {
            words[index].chain = find(words[index].word, words[index].chain)
        }
        for index in 0..<count { post(words[index].chain, words[index].position) }
        count = 0
    }
}
