internal import Synchronization

/// How many live documents an index has and of how many words, kept from search to search: only
/// what has changed since the last one is looked at.
///
/// Invariant: `documents` and `words` are of the entries whose bits are set in `live`.
final class LiveTotals: Sendable {
    private struct State {
        /// Empty before the first question; then a bit for each entry.
        var live: [UInt64] = []
        var documents: UInt64
        var words: UInt64
    }

    private let state: Mutex<State>

    init(_ head: SearchFileHead) {
        state = Mutex(State(documents: UInt64(head.documents), words: head.words))
    }

    /// - Parameter index: whose totals these are.
    /// - Complexity: O(entries / 64 + entries that died since the last call).
    func totals(
        _ live: LiveDocuments, of index: SearchIndex
    ) -> (documents: UInt64, words: UInt64) {
        state.withLock { state in
            if state.live.isEmpty {
                state.live = [UInt64](repeating: .max, count: (index.entries + 63) / 64)
            }
            for number in state.live.indices {
                let (before, now) = (state.live[number], live.word(number))
                guard before != now else { continue }
                // An older bitmap may come after a newer one: what it has alive counts again.
                let died = Self.sum(before & ~now, number, index)
                let revived = Self.sum(now & ~before, number, index)
                state.documents = state.documents + revived.documents - died.documents
                state.words = state.words + revived.words - died.words
                state.live[number] = now
            }
            return (state.documents, state.words)
        }
    }

    /// Documents whose bits are set in a word of a bitmap, and their words.
    private static func sum(
        _ bits: UInt64, _ number: Int, _ index: SearchIndex
    ) -> (documents: UInt64, words: UInt64) {
        var (documents, words, rest) = (UInt64(0), UInt64(0), bits)
        while rest != 0 {
            let ordinal = number * 64 + rest.trailingZeroBitCount
            rest &= rest - 1
            guard ordinal < index.entries else { break }
            let stored = index.lengths.stored(ordinal)
            guard stored > 0 else { continue }
            documents += 1
            words += UInt64(stored - 1)
        }
        return (documents, words)
    }
}
