internal import CacheBase
internal import CacheFormat
internal import Synchronization

/// An entry that went by itself, and where that was among the records.
struct Removal: Sendable {
    let kind: ChangeKind
    let key: [UInt8]
    let lsn: LSN
    /// The newest record when it went: nothing of the key that is older comes after it.
    let position: LSN
}

/// The entries that expired or were evicted lately, for those who follow the changes.
///
/// The records of the log say nothing of these, and the index does not know keys; so a key that
/// lies on the disk is noted by its place and read afterwards. Nothing is noted while nobody
/// follows, but for a while after the last one has gone: he may come back.
///
/// Invariants:
/// - `unread` are being read, then come `unreadLater`, behind all of `recent`; positions never fall.
/// - Removals are numbered in this order, `recent` from `firstNumber` on.
/// - At or after `completeFrom` none is missing.
/// - Locks: a shard's, then this one's, then the log's.
final class RemovalLog: Sendable {
    /// A removal whose key may have to be read.
    private struct Unread {
        enum Subject {
            case known(key: [UInt8], lsn: LSN)
            case cold(ColdRead)
        }

        let kind: ChangeKind
        let position: LSN
        let subject: Subject

        /// Of the key, where it is held here.
        var keyBytes: Int {
            switch subject {
            case .known(let key, _): key.count
            case .cold: 0
            }
        }
    }

    private struct State {
        var followers = 0
        /// Monotonic nanoseconds; since when nobody follows.
        var idleSince: UInt64 = 0
        var unread: [Unread] = []
        var unreadLater: [Unread] = []
        /// Of the keys that both hold.
        var unreadBytes = 0
        var recent: [Removal] = []
        var recentBytes = 0
        var firstNumber: UInt64 = 0
        /// Times that removals went by unnoted.
        var losses: UInt64 = 0
        var completeFrom = LSN.zero
    }

    /// Where a follower stands.
    struct Place {
        var number: UInt64
        var losses: UInt64
    }

    private let isListening = Atomic(false)
    private let state = Guarded(State())
    /// One at a time reads keys; held across the disk.
    private let reading = WaitCondition()

    /// Notes that an entry is about to be taken out. Under its shard's lock, before it is.
    @inline(__always)
    func note(_ kind: ChangeKind, _ location: Location, _ parts: EngineParts) {
        if isListening.load(ordering: .relaxed) { record(kind, location, parts) }
    }

    private func record(_ kind: ChangeKind, _ location: Location, _ parts: EngineParts) {
        let subject: Unread.Subject
        switch location.kind {
        case .log:
            let entry = parts.log.table.entry(at: location)
            subject = .known(key: Array(entry.key), lsn: entry.lsn)
        case .hot:
            let entry = parts.hot.entry(at: location).content
            subject = .known(key: Array(entry.key), lsn: entry.lsn)
        case .segment:
            let segment = parts.segments.segment(location)
            subject = .cold(ColdRead(segment: segment, location: location))
        case .none: preconditionFailure("an occupied slot has a location")
        }
        state.withLock { state in
            let position = parts.log.lastLSN
            guard state.unread.count + state.unreadLater.count < Limits.unreadRemovalsMax,
                state.unreadBytes < Limits.recentRemovalBytesMax
            else {
                state.losses += 1
                state.completeFrom = position.next
                return
            }
            let unread = Unread(kind: kind, position: position, subject: subject)
            state.unreadLater.append(unread)
            state.unreadBytes += unread.keyBytes
        }
    }

    // MARK: Keys

    /// Reads the keys where many wait for it, for whoever takes out many entries; under no lock.
    func relieve() {
        guard isListening.load(ordering: .relaxed) else { return }
        if state.withLock({ $0.unreadLater.count }) >= Limits.unreadRemovalsHigh { readKeys() }
    }

    /// Reads the keys of what was noted so far. Waits for the disk, under no other lock.
    func readKeys() {
        reading.withLock {
            let unread = state.withLock { state in
                swap(&state.unread, &state.unreadLater)
                return state.unread
            }
            guard !unread.isEmpty else { return }
            let scratch = ReadScratch()
            let removals = unread.map { Self.read($0, scratch) }
            state.withLock { state in
                for (removal, unread) in zip(removals, unread) {
                    Self.append(removal, at: unread.position, &state)
                }
                Self.trim(&state)
                state.unread = []
                state.unreadBytes -= unread.reduce(0) { $0 + $1.keyBytes }
            }
        }
    }

    /// Nil where the key cannot be read any more.
    private static func read(_ unread: Unread, _ scratch: ReadScratch) -> Removal? {
        switch unread.subject {
        case .known(let key, let lsn):
            return Removal(kind: unread.kind, key: key, lsn: lsn, position: unread.position)
        case .cold(let cold):
            let loaded = try? LoadedBlock(
                cold.segment, block: cold.location.block, scratch: scratch, mayBlock: true)
            guard let block = loaded ?? nil,
                let content = try? block.entry(cold.location.entry)
            else { return nil }
            return Removal(
                kind: unread.kind, key: Array(content.key), lsn: content.lsn,
                position: unread.position)
        }
    }

    private static func append(_ removal: Removal?, at position: LSN, _ state: inout State) {
        guard let removal else {
            state.losses += 1
            state.completeFrom = max(state.completeFrom, position.next)
            return
        }
        state.recent.append(removal)
        state.recentBytes += removal.key.count
    }

    /// Forgets the oldest, many at a time, where there are too many.
    private static func trim(_ state: inout State) {
        var dropped = 0
        var bytes = state.recentBytes
        guard
            state.recent.count > Limits.recentRemovalsMax
                || bytes > Limits.recentRemovalBytesMax
        else { return }
        while state.recent.count - dropped > Limits.recentRemovalsMax / 2
            || bytes > Limits.recentRemovalBytesMax / 2
        {
            bytes -= state.recent[dropped].key.count
            dropped += 1
        }
        let last = state.recent[dropped - 1].position
        state.completeFrom = max(state.completeFrom, last.next)
        state.recent.removeFirst(dropped)
        state.recentBytes = bytes
        state.firstNumber += UInt64(dropped)
    }
}

// MARK: - Followers

extension RemovalLog {
    /// Begins to note removals, where nobody followed.
    /// - Parameter position: the newest record.
    /// - Returns: the place of one who has seen everything up to now.
    func follow(from position: LSN) -> Place {
        state.withLock { state in
            state.followers += 1
            if !isListening.load(ordering: .relaxed) {
                state.completeFrom = position.next
                isListening.store(true, ordering: .relaxed)
            }
            return Place(number: Self.end(state), losses: state.losses)
        }
    }

    /// The place of one who has seen everything up to a record, and perhaps what went right behind
    /// it; whether something is missing from there on.
    func place(after position: LSN) -> (place: Place, isIncomplete: Bool) {
        state.withLock { state in
            let index = state.recent.firstIndex { $0.position >= position } ?? state.recent.count
            let place = Place(number: state.firstNumber + UInt64(index), losses: state.losses)
            return (place, position < state.completeFrom)
        }
    }

    func unfollow(at now: UInt64) {
        state.withLock { state in
            state.followers -= 1
            state.idleSince = now
        }
    }

    /// Reads keys, and stops noting once nobody has followed for a while; now and then.
    func tick(_ now: UInt64) {
        guard isListening.load(ordering: .relaxed) else { return }
        readKeys()
        reading.withLock {
            state.withLock { state in
                guard state.followers == 0,
                    now - state.idleSince >= Limits.removalLingerNanoseconds
                else { return }
                isListening.store(false, ordering: .relaxed)
                state.firstNumber = Self.end(state)
                state.unreadLater = []
                state.unreadBytes = 0
                state.recent = []
                state.recentBytes = 0
            }
        }
    }

    /// The removals at a place, as many as fit a page, and how far they reach: none is missing up
    /// to that record; nil for any.
    func removals(
        at place: inout Place
    ) -> (removals: [Removal], ceiling: LSN?, hasMissed: Bool) {
        state.withLock { state in
            let hasMissed = place.losses != state.losses || place.number < state.firstNumber
            place.losses = state.losses
            place.number = max(place.number, state.firstNumber)
            let all = state.recent[Int(place.number - state.firstNumber)...]
            let some = Array(all.prefix(Limits.changesPerPage))
            if some.count < all.count { return (some, some.last?.position, hasMissed) }
            return (some, (state.unread.first ?? state.unreadLater.first)?.position, hasMissed)
        }
    }

    /// True where there is more for one who stands at `place`.
    func hasNews(for place: Place) -> Bool {
        state.withLock { state in
            place.losses != state.losses || place.number != Self.end(state)
                || !state.unreadLater.isEmpty
        }
    }

    private static func end(_ state: State) -> UInt64 {
        state.firstNumber + UInt64(state.recent.count)
    }
}
