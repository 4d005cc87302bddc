package import CacheBase

/// What happened to an entry.
package enum ChangeKind: Sendable, CaseIterable {
    case put, delete
    /// It was taken out at the end of its life; one that is overwritten after its end, before
    /// anybody noticed, has none of this.
    case expire
    /// It was taken out to make room.
    case evict

    /// It is a record of the log; else it is known for a while only.
    package var isRecorded: Bool {
        switch self {
        case .put, .delete: true
        case .expire, .evict: false
        }
    }
}

/// One change of the entries, as a follower is told of it.
package struct Change: Sendable, Equatable {
    package let kind: ChangeKind
    package let key: [UInt8]
    /// The version written, or deleted with; of an entry that went by itself, the version it had.
    package let lsn: LSN
    /// Where the change stands among the records: a put or a delete at its own, the others behind
    /// the newest record there was. Never falls from one change to the next.
    package let position: LSN
    /// Nothing more follows at this position, so that it is a place to go on behind.
    package fileprivate(set) var endsPosition: Bool
}

extension Array<Change> {
    /// The last change, if it is one of these, is the last of its position.
    mutating func endPosition(from index: Int) {
        if index < count { self[count - 1].endsPosition = true }
    }
}

/// What a follower wants to be told of.
package typealias ChangeFilter = (ChangeKind, UnsafeRawBufferPointer) -> Bool

/// Some changes, in their order.
package struct ChangePage: Sendable {
    package internal(set) var changes: [Change] = []
    /// Everything up to this record was looked at.
    package internal(set) var position: LSN
    /// There was nothing more at that moment.
    package internal(set) var isUpToDate = false
    /// Expirations and evictions were missed before these changes.
    package internal(set) var hasMissedRemovals = false
    /// The log does not hold what comes next any more: this follower has come to its end.
    package internal(set) var isTooFarBehind = false
    /// Of the changes.
    var keyBytes = 0

    init(position: LSN) { self.position = position }

    mutating func add(_ removal: Removal) {
        changes.append(
            Change(
                kind: removal.kind, key: removal.key, lsn: removal.lsn,
                position: removal.position, endsPosition: true))
        keyBytes += removal.key.count
    }

    /// Enough for one page.
    var isFull: Bool {
        changes.count >= Limits.changesPerPage || keyBytes >= Limits.changeKeyBytesPerPage
    }
}
