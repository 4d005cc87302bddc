internal import CacheBase
internal import CacheEngine
internal import CacheSearch
internal import Glibc

/// Follows the log into the tail's index, so that a write is soon found.
///
/// On a thread of ordinary priority, that it is not behind all others where processors are short; but
/// for a small share it leaves them to whoever writes (`IndexingPace`). A writer who is faster for
/// long overtakes it: what it missed is indexed with the segments, what it has is kept for them.
///
/// Invariant: all records before those that `follower` tells next are in the tail, or in segments.
final class TailIndexer {
    private let engine: Engine
    private let state: SearchState
    private let tail: SearchedTail
    private let rest: (Int) -> Bool
    private let observer: @Sendable (SearchEvent) -> Void
    private var follower: EntryFollower
    private var pace: IndexingPace
    private var shownAt: UInt64
    /// Bytes of values since the pace was last looked at.
    private var bytes = 0

    /// - Parameter rest: waits so many milliseconds; false when it is time to stop.
    init(
        _ engine: Engine, _ state: SearchState, _ follower: EntryFollower,
        observer: @escaping @Sendable (SearchEvent) -> Void, rest: @escaping (Int) -> Bool
    ) {
        self.engine = engine
        self.state = state
        self.follower = follower
        self.observer = observer
        self.rest = rest
        tail = state.withLock { $0.tail }
        pace = IndexingPace(.current, processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        shownAt = engine.clock.monotonicNanoseconds()
    }

    /// Returns when it is time to stop.
    func run() {
        while rest(0) {
            let asked = engine.clock.monotonicNanoseconds()
            let page = follower.next()
            if page.isTooFarBehind {
                guard beginAnew() else { return }
                continue
            }
            guard add(page.entries) else { return }
            guard page.isUpToDate || isDue else { continue }
            show(upTo: page.position)
            guard page.isUpToDate else { continue }
            state.withLock { $0.caughtUpAt = asked }
            let paced = pace.rest(.current)
            guard rest(max(paced, SearchServiceLimits.followMilliseconds)) else { return }
        }
    }

    /// - Returns: false when it is time to stop.
    private func add(_ entries: [LoggedEntry]) -> Bool {
        for entry in entries {
            bytes += (entry.value?.count ?? 0) + SearchServiceLimits.pacedBytesOfEntry
            if bytes >= SearchServiceLimits.pacedBytes {
                bytes = 0
                guard rest(pace.rest(.current)) else { return false }
                // Of the record that comes now, some entries may be there already.
                if isDue { show(upTo: LSN(rawValue: entry.lsn.rawValue - 1)) }
            }
            // A value too large for an index is not found; its key goes on as any other.
            try? tail.add(entry)
        }
        return true
    }

    private var isDue: Bool {
        let passed = engine.clock.monotonicNanoseconds() - shownAt
        return passed >= SearchServiceLimits.publishMilliseconds * 1_000_000
    }

    private func show(upTo position: LSN) {
        tail.publish()
        pace = IndexingPace(.current, processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        shownAt = engine.clock.monotonicNanoseconds()
        state.withLock { $0.indexedTo = position }
    }

    /// What was missed is in segments by now, or in the log that is left. The tail keeps what it has
    /// until these segments are shown: their postings are taken from it.
    /// - Returns: false when it is time to stop.
    private func beginAnew() -> Bool {
        observer(.tailSkipped)
        tail.publish()
        repeat {
            do throws(StorageError) {
                // The segments are listed after this: none is missed between the two.
                follower = try engine.followTail()
                state.withLock { $0.epoch += 1 }
                return true
            } catch {
                observer(.segmentFailed(error))
            }
        } while rest(10 * SearchServiceLimits.segmentsMilliseconds)
        return false
    }
}
