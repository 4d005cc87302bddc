internal import CacheBase

/// How long a connection's requests take, from the read that completed them to the moment their
/// answers go to the socket.
///
/// Requests that came with one read count as one burst: they share its start and its end, so that
/// a burst costs two looks at the clock however many requests it has.
///
/// Invariants: `present.since` is set from a burst's first byte until its answers are sent, and
/// stays while one of its requests waits. `first` and `second` go with the groups of answers that
/// `AnswerQueue` holds back.
struct RequestTimes {
    private struct Group {
        var counts = SIMD8<UInt32>()
        /// Monotonic nanoseconds; the largest number where nothing began.
        var since = UInt64.max
        var isEmpty = true

        mutating func add(_ other: Group) {
            guard !other.isEmpty else { return }
            counts &+= other.counts
            since = min(since, other.since)
            isEmpty = false
        }
    }

    private var present = Group()
    private var first = Group()
    private var second = Group()
    /// Held back until now.
    private var due = Group()

    /// No burst is under way: the next byte begins one.
    @inline(__always)
    var isIdle: Bool { present.since == .max }

    /// Something was answered, or is due: the end of the burst is to be told.
    @inline(__always)
    var wantsEnd: Bool { !present.isEmpty || !due.isEmpty }

    @inline(__always)
    mutating func begin(at now: UInt64) { present.since = now }

    /// A request was answered; the answer is ready or held back.
    @inline(__always)
    mutating func note(_ operation: Operation) {
        present.counts[operation.rawValue] &+= 1
        present.isEmpty = false
    }

    /// So many groups of held answers were let go.
    mutating func release(groups: Int) {
        for _ in 0..<groups {
            due.add(first)
            first = second
            second = Group()
        }
    }

    /// Nothing more was read, what is ready was sent.
    @inline(__always)
    mutating func end(
        at now: UInt64, holding: AnswerQueue.Holding, isWaiting: Bool,
        into times: LatencyHistograms
    ) {
        if !due.isEmpty {
            times.record(nanoseconds: now - min(due.since, now), times: due.counts)
            due = Group()
        }
        switch holding {
        case .none where present.isEmpty: break
        case .none:
            // A request that is refused for its slowness has no burst.
            let since = min(present.since, now)
            times.record(nanoseconds: now - since, times: present.counts)
        case .first: first.add(present)
        case .second: second.add(present)
        }
        rest(isWaiting: isWaiting)
    }

    /// The burst is over; what waits keeps its start.
    @inline(__always)
    mutating func rest(isWaiting: Bool) {
        let since = present.since
        present = Group()
        if isWaiting { present.since = since }
    }
}

extension Connection {
    /// Measures what was answered since the last call; after the answers were sent.
    @inline(__always)
    mutating func recordTimes() {
        // An event stream waits for its whole life, which is no time that a request takes.
        let isWaiting = isWaiting && !isStreaming
        guard times.wantsEnd else { return times.rest(isWaiting: isWaiting) }
        times.end(
            at: loop.clock.monotonicNanoseconds(), holding: answers.holding,
            isWaiting: isWaiting, into: loop.counters.times)
    }

    /// Lets go the answers that `durable` covers.
    mutating func release(upTo durable: LSN) {
        times.release(groups: answers.release(upTo: durable))
    }
}
