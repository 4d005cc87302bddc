/// Takes the chunked coding off a body (RFC 9112, section 7.1), strictly.
///
/// A state machine over bytes: `next` says how many it took and what they were; data is handed out
/// in place. Extensions and trailers are checked, counted and dropped.
struct ChunkedDecoder: Sendable {
    enum Event: Equatable {
        /// All bytes are taken and the body is not whole.
        case incomplete
        /// `data` is part of the body; go on.
        case data(Extent)
        case complete
        case failed(RequestFault)
    }

    private enum State: Equatable {
        case size(digits: Int), chunkExtension, sizeLineFeed
        case data(left: Int), dataReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed, lastLineFeed, complete
    }

    private var state = State.size(digits: 0)
    private var size = 0
    private var overhead = 0
    private var trailers = 0

    /// Takes bytes from `position` on and moves it.
    mutating func next(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Event {
        while position < bytes.count {
            if case .data(let left) = state {
                return .data(take(left, bytes, &position))
            }
            let byte = bytes[position]
            position += 1
            do throws(RequestFault) {
                state = try following(byte)
            } catch {
                return .failed(error)
            }
            if state == .complete { return .complete }
        }
        return .incomplete
    }

    private mutating func take(
        _ left: Int, _ bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) -> Extent {
        let count = min(left, bytes.count - position)
        let data = Extent(position, position + count)
        position += count
        state = count == left ? .dataReturn : .data(left: left - count)
        return data
    }

    private mutating func following(_ byte: UInt8) throws(RequestFault) -> State {
        switch state {
        case .size(let digits): return try afterSize(byte, digits)
        case .chunkExtension: return try afterExtension(byte)
        case .sizeLineFeed:
            try expect(byte, ASCII.lineFeed)
            return size == 0 ? .trailerStart : .data(left: size)
        case .dataReturn:
            try expect(byte, ASCII.carriageReturn)
            return .dataLineFeed
        case .dataLineFeed:
            try expect(byte, ASCII.lineFeed)
            size = 0
            return .size(digits: 0)
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed:
            return try afterTrailer(byte)
        case .lastLineFeed:
            try expect(byte, ASCII.lineFeed)
            return .complete
        case .data, .complete: preconditionFailure("not a byte of the framing")
        }
    }

    private mutating func afterSize(_ byte: UInt8, _ digits: Int) throws(RequestFault) -> State {
        if let value = ASCII.hexValue(byte) {
            guard digits < HTTPLimits.chunkSizeDigitsMax else {
                throw .malformed("A chunk size that overflows.")
            }
            size = size << 4 | Int(value)
            return .size(digits: digits + 1)
        }
        guard digits > 0 else { throw .malformed("A chunk size that is not hexadecimal.") }
        if byte == ASCII.carriageReturn { return .sizeLineFeed }
        guard byte == UInt8(ascii: ";") else {
            throw .malformed("A chunk size that is not hexadecimal.")
        }
        try count()
        return .chunkExtension
    }

    private mutating func afterExtension(_ byte: UInt8) throws(RequestFault) -> State {
        if byte == ASCII.carriageReturn { return .sizeLineFeed }
        guard ASCII.isFieldValue(byte) else { throw .malformed("A malformed chunk extension.") }
        try count()
        return .chunkExtension
    }

    private mutating func afterTrailer(_ byte: UInt8) throws(RequestFault) -> State {
        try count()
        if state == .trailerLineFeed {
            try expect(byte, ASCII.lineFeed)
            return .trailerStart
        }
        if state == .trailerValue {
            if byte == ASCII.carriageReturn { return .trailerLineFeed }
            guard ASCII.isFieldValue(byte) else { throw .malformed("A malformed trailer.") }
            return .trailerValue
        }
        if state == .trailerStart {
            if byte == ASCII.carriageReturn { return .lastLineFeed }
            trailers += 1
            guard trailers <= HTTPLimits.fieldsMax else {
                throw RequestFault(431, "More than 100 trailer fields.")
            }
        } else if byte == UInt8(ascii: ":") {
            return .trailerValue
        }
        guard ASCII.isToken(byte) else { throw .malformed("A malformed trailer.") }
        return .trailerName
    }

    private mutating func count() throws(RequestFault) {
        overhead += 1
        guard overhead <= HTTPLimits.chunkOverheadBytesMax else {
            throw .malformed("Chunk extensions and trailers exceed 8192 bytes.")
        }
    }

    private func expect(_ byte: UInt8, _ wanted: UInt8) throws(RequestFault) {
        guard byte == wanted else { throw .malformed("A chunk does not end where it says.") }
    }
}
