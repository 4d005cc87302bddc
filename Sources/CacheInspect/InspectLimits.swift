/// Every limit of the inspector in one place, with what happens when it is reached.
package enum InspectLimits {
    /// Bytes of a segment read at a time; a block that is longer is read whole.
    package static var pieceBytes: Int { 1 << 20 }
    /// Attempts at a store that a running server changes meanwhile; then `overloaded`.
    package static var attemptsMax: Int { 20 }
    /// Attempts at one frame of the log that a running server may just be writing; then the log
    /// ends there.
    package static var frameAttemptsMax: Int { 4 }
    /// Damages that one run lists; further ones are counted.
    package static var damagesMax: Int { 10_000 }
    /// Threads of one verification.
    package static var threadsMax: Int { 16 }
    /// Segments of one repair, twenty bits of a place; more are refused (`tooLarge`).
    package static var repairSegmentsMax: Int { (1 << 20) - 1 }
}
