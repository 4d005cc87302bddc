package import CacheBase
internal import CacheFormat
internal import Synchronization

/// A put or a delete as its record has it, copied.
package struct LoggedEntry: Sendable {
    /// By the store's own secret, as the index knows the key.
    package let hash: UInt64
    package let lsn: LSN
    /// Nil for a delete.
    package let value: [UInt8]?
}

/// Some entries of the log, in their order.
package struct LoggedEntries: Sendable {
    package internal(set) var entries: [LoggedEntry] = []
    /// Every record up to this one was looked at.
    package internal(set) var position: LSN
    /// There was nothing more at that moment.
    package internal(set) var isUpToDate = false
    /// The log does not hold what comes next any more: this follower has come to its end.
    package internal(set) var isTooFarBehind = false
    /// Of the values.
    var valueBytes = 0

    init(position: LSN) { self.position = position }

    /// Enough for one page.
    var isFull: Bool {
        entries.count >= Limits.changesPerPage || valueBytes >= Limits.followedValueBytesPerPage
    }
}

/// Someone who reads the values of the log's tail behind its writers, and never in their way. One
/// call at a time.
package final class EntryFollower: Sendable {
    /// The first record that it tells of.
    package let first: LSN
    private let parts: EngineParts
    private let log: Mutex<LogFollower>

    /// - Parameter follower: stands at the first record to be told of.
    fileprivate init(_ parts: EngineParts, _ follower: LogFollower) {
        self.parts = parts
        first = follower.next
        log = Mutex(follower)
    }

    /// The next entries. May wait for the disk; never on an event loop.
    package func next() -> LoggedEntries {
        let limit = parts.tellableLSN
        return log.withLock { log in
            var page = LoggedEntries(position: LSN(rawValue: log.next.rawValue - 1))
            log.read(upTo: limit, from: parts.log, into: &page, parts.hash)
            return page
        }
    }
}

extension LogFollower {
    /// Adds the entries of the records up to `limit`, until the page is full.
    mutating func read(
        upTo limit: LSN, from log: WriteAheadLog, into page: inout LoggedEntries, _ hash: KeyHash
    ) {
        let oldest = file.number
        var frames = 0
        while next <= limit, !page.isFull, frames < Self.framesPerCall {
            frames += 1
            let lsn = next
            let isThere = step(in: log) { outline in
                let value = outline.kind == .put ? Array(outline.value) : nil
                page.valueBytes += value?.count ?? 0
                page.entries.append(
                    LoggedEntry(hash: hash(outline.key), lsn: lsn, value: value))
            }
            guard isThere else {
                page.isTooFarBehind = true
                break
            }
            page.position = lsn
        }
        if page.isTooFarBehind || !log.holds(oldest) {
            page.entries.removeAll()
            page.isTooFarBehind = true
        }
        page.isUpToDate = next > limit
    }
}

extension Engine {
    /// Begins to follow the log at the first record that is not in segments.
    ///
    /// - Complexity: O(bytes of a log file); waits for the disk.
    package func followTail() throws(StorageError) -> EntryFollower {
        // While nothing is flushed, so that the log holds the place.
        try parts.checkpoint.exclusively { () throws(StorageError) in
            let first = parts.checkpoint.flushedTo.lsn
            let follower = LogFollower(after: LSN(rawValue: first.rawValue - 1), in: parts.log)
            return EntryFollower(parts, follower ?? LogFollower(atEndOf: parts.log))
        }
    }
}
