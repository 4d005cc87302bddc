internal import NIOCore

/// When a connection has taken too long, in monotonic milliseconds; told of events, asked by the
/// sweep.
///
/// Invariant: `headSince` and `bodySince` are nil unless a head or a body is unfinished.
struct Deadlines {
    enum Verdict: Equatable {
        case fine
        /// Close without a word: nothing was asked.
        case idle
        /// Answer 408 and close.
        case slowHead, slowBody
    }

    private var lastRequest: UInt64
    private var headSince: UInt64?
    private var bodySince: UInt64?
    private var bodyBytes = 0

    init(now: UInt64) { lastRequest = now }

    @inline(__always)
    mutating func noteReceived(_ count: Int) {
        if bodySince != nil { bodyBytes += count }
    }

    /// The time counts from a head's first byte, however many follow.
    mutating func headBegan(_ now: UInt64) {
        if headSince == nil { headSince = now }
    }

    @inline(__always)
    mutating func headEnded() { headSince = nil }

    mutating func bodyBegan(_ now: UInt64) {
        bodySince = now
        bodyBytes = 0
    }

    mutating func bodyEnded() { bodySince = nil }

    @inline(__always)
    mutating func requestEnded(_ now: UInt64) {
        lastRequest = now
        bodySince = nil
    }

    /// Nothing has come since the last request's end, for long enough to do without buffers.
    func hasRested(at now: UInt64) -> Bool {
        now - lastRequest >= HTTPLimits.bufferIdleMilliseconds
    }

    func verdict(at now: UInt64, _ settings: DataPlaneSettings) -> Verdict {
        if let headSince {
            return now - headSince >= settings.headMilliseconds ? .slowHead : .fine
        }
        if let bodySince {
            let elapsed = now - bodySince
            guard elapsed > HTTPLimits.bodyGraceMilliseconds else { return .fine }
            let demanded = elapsed * HTTPLimits.bytesPerSecondMin / 1000
            return UInt64(bodyBytes) < demanded ? .slowBody : .fine
        }
        return now - lastRequest >= settings.idleMilliseconds ? .idle : .fine
    }
}

extension Connection {
    /// Acts on time passed; the handler then sends what is ready.
    mutating func sweep() {
        guard !isClosing, !isWaiting, !isBlocked, !answers.isHolding else { return }
        switch deadlines.verdict(at: loop.now, loop.settings) {
        case .fine: if hasRested { releaseBuffers() }
        case .idle: close()
        case .slowHead: refuseAndClose(.slow("The head was not whole in time."))
        case .slowBody: refuseAndClose(.slow("The body came too slowly. Not applied."))
        }
    }
}

extension Connection {
    /// No request has come for a while, and nothing is under way.
    var hasRested: Bool { isIdle && answers.count == 0 && deadlines.hasRested(at: loop.now) }

    /// Gives back the memory of buffers that are empty.
    private mutating func releaseBuffers() {
        guard input.storageCapacity > 0 || answers.ready.storageCapacity > 0 else { return }
        input = ByteBuffer()
        savedHead = ByteBuffer()
        body = ByteBuffer()
        answers.releaseBuffers()
    }
}

extension Problem {
    static func slow(_ detail: StaticString) -> Problem {
        Problem(408, "timeout", "Request timeout", .fixed(detail))
    }
}
