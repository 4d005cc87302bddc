internal import CacheBase
package import CacheFormat

/// The log from a place on, verified and in memory.
///
/// Invariants: `frames` are contiguous: each has the LSN after its predecessor's and that one's
/// checksum; `images` are the files read, those with a whole head first, ascending by number.
package final class LogTail {
    /// Where a frame is.
    struct Place {
        let image: Int
        let offset: Int
    }

    /// How the log ends.
    package struct End: Sendable, Equatable {
        /// Where the next frame would be.
        package let position: LogPosition
        /// The file that it would be in; nil where the log has no file.
        package let file: String?
        /// The last frame is a mark: the server that wrote it was stopped in order.
        package let isOrderly: Bool
        /// The last frame ends its file, and the file that the log went on in is not there: it was
        /// lost, or the server was killed before its head was written.
        package let isAtFileEnd: Bool
        /// Of whole frames behind the end, which the next start cuts off: a torn tail.
        package let tornBytes: Int
    }

    let images: [LogFileImage]
    let places: [Place]
    package let start: LogPosition
    package let end: End
    /// What contradicts the log's own claims.
    let damages: [Damage]
    /// Newest sequence of each partition where the log begins.
    let sequences: [UInt64]

    init(
        images: [LogFileImage], places: [Place], start: LogPosition, end: End, damages: [Damage],
        sequences: [UInt64]
    ) {
        self.images = images
        self.places = places
        self.start = start
        self.end = end
        self.damages = damages
        self.sequences = sequences
    }

    package var count: Int { places.count }

    /// Bytes of the files read.
    var fileBytes: UInt64 { images.reduce(0) { $0 + UInt64($1.fileBytes) } }

    /// The `index`-th frame; valid while the tail is.
    package func frame(_ index: Int) -> LogFrameView {
        let place = places[index]
        let image = images[place.image]
        guard let frame = image.frame(at: place.offset) else {
            preconditionFailure("a frame that was verified is whole")
        }
        return LogFrameView(
            frame: frame, file: image.name, offset: UInt64(place.offset),
            payload: image.payload(of: frame, at: place.offset))
    }
}

/// A verified frame of the log, borrowed.
package struct LogFrameView {
    package let frame: LogFrame
    /// From the data folder on.
    package let file: String
    package let offset: UInt64
    package let payload: UnsafeRawBufferPointer

    /// Calls `body` with every entry and its offset in the payload.
    /// - Returns: false where the entries do not fill the payload as they should.
    package func forEachEntry(_ body: (LogEntry, _ offset: Int) -> Void) -> Bool {
        var at: Int
        switch frame.kind {
        case .writes: at = 0
        case .commit: at = TransactionHead.bytes
        case .incarnation: return payload.count == TransactionHead.bytes
        case .end, .mark, .position: return payload.isEmpty
        }
        for _ in 0..<frame.entries {
            guard let entry = LogEntry(in: payload, at: at) else { return false }
            body(entry, at)
            at += aligned8(entry.contentBytes)
        }
        return at == aligned8(payload.count)
    }

    /// What a record of transactions names; nil for the others.
    package var transaction: TransactionHead? {
        switch frame.kind {
        case .commit, .incarnation: TransactionHead(in: payload)
        case .writes, .end, .mark, .position: nil
        }
    }

    /// The partitions of the frame's keys, each once.
    var members: [Partition] { frame.members(payload) }
}

extension FrameKind {
    /// True for frames that are numbered in their partition.
    var isContent: Bool {
        switch self {
        case .writes, .commit, .incarnation: true
        case .end, .mark, .position: false
        }
    }
}
