internal import CacheMembership

/// Every limit of the client in one place, with what happens when it is reached.
enum EtcdLimits {
    /// Endpoints of one client; more are a mistake in the settings.
    static let endpointsMax = 16
    /// Entries of one read: one more than a cluster may have, so that too many are seen.
    static let entriesMax = MembershipLimits.entriesMax + 1
    /// Bytes of an answer with entries: a map of 1 MiB in base64, and registrations beside it. A
    /// longer one is not read to its end.
    static let entriesBytesMax = 8 << 20
    /// Bytes of every other answer; a longer one is not read to its end.
    static let answerBytesMax = 64 << 10
    /// Bytes of a line of a watch that are looked at; of a longer one only its end is.
    static let watchLineBytesMax = 16 << 10
    /// Seconds without a byte after which a watch begins anew: perhaps nobody is there any more.
    static let watchIdleSeconds: Int64 = 60
    /// Milliseconds from the end of a watch to the next; doubled for each that saw nothing.
    static let watchPauseMilliseconds = 100...5_000
    /// Characters of what an answer says that an error repeats.
    static let messageMax = 200
}
