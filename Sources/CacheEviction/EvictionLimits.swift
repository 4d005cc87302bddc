/// Limits of the simulator, with what happens at each of them.
package enum EvictionLimits {
    /// Requests of a trace: half a gigabyte of numbers. A longer log is refused.
    package static let requestsMax = 1 << 27
    /// Distinct keys of a trace; a log with more is refused.
    package static let keysMax = 1 << 26
    /// Bytes of a line of a log; a longer one counts as bad, and is skipped to its end.
    package static let lineBytesMax = 64 << 10
    /// Bad lines of a log that are told one by one; the others are counted.
    package static let badLinesTold = 10
    /// Largest size that a log may name; a larger one is a bad line.
    package static let entryBytesMax = UInt32.max
}
