internal import CacheBase
internal import CacheEngine
internal import Synchronization

/// The transactions of this node that have parts on other nodes; of all event loops.
///
/// A transaction is here from its first part until it is over. Its own id is also the part that
/// this node has in it: so it is open as long as that is.
///
/// Invariants: a transaction has at most one part on a node; at most as many are here as may be
/// open.
final class SpreadTransactions: Sendable {
    /// What another node does of a transaction.
    struct Part: Equatable {
        let node: String
        /// The other node's own name for it.
        let id: TransactionID
    }

    /// What is known of one transaction.
    struct Spread {
        var parts: [Part] = []
        /// Of the first key written, once one was.
        var decision: Partition?
        /// It is being committed, or was and nothing was heard of it.
        var isCommitting = false
    }

    private let all = Mutex<[TransactionID: Spread]>([:])

    subscript(id: TransactionID) -> Spread? { all.withLock { $0[id] } }

    func part(of id: TransactionID, on node: String) -> Part? {
        all.withLock { all in all[id]?.parts.first { $0.node == node } }
    }

    /// Adds a part that was begun on another node.
    /// - Returns: the part to use: another call may have begun one meanwhile.
    func adopt(_ part: Part, of id: TransactionID) -> Part {
        all.withLock { all in
            if let present = all[id]?.parts.first(where: { $0.node == part.node }) {
                return present
            }
            all[id, default: Spread()].parts.append(part)
            return part
        }
    }

    /// A key of a partition is about to be written on another node.
    /// - Parameter own: of the first key written on this node; nil where none was.
    func noteWrite(of id: TransactionID, _ partition: Partition, own: Partition?) {
        all.withLock { all in
            guard all[id] != nil, all[id]?.decision == nil else { return }
            all[id]?.decision = own ?? partition
        }
    }

    /// Claims the transaction for a commit.
    /// - Returns: nil where it has no parts on other nodes, or another call commits it.
    func beginCommit(_ id: TransactionID) -> Spread? {
        all.withLock { all in
            guard let spread = all[id], !spread.isCommitting else { return nil }
            all[id]?.isCommitting = true
            return spread
        }
    }

    /// The commit was not made, and may be tried again.
    func endCommit(_ id: TransactionID) { all.withLock { $0[id]?.isCommitting = false } }

    /// The transaction is over.
    @discardableResult
    func remove(_ id: TransactionID) -> Spread? { all.withLock { $0.removeValue(forKey: id) } }

    /// Forgets those that have ended without a word.
    func sweep(_ isOpen: (TransactionID) -> Bool) {
        let ids = all.withLock { all in all.filter { !$0.value.isCommitting }.map(\.key) }
        for id in ids where !isOpen(id) { remove(id) }
    }
}
