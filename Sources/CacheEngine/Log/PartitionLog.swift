internal import CacheBase
internal import CacheFormat

/// Where the records of one partition stand in this node's log.
struct PartitionLog {
    /// Of the newest record.
    var sequence: UInt64
    /// Of the leadership in which records are taken.
    var epoch = Epoch(rawValue: 1)
    /// The frame that last said which sequence the entries are those of, as far as the log is not
    /// in segments: what is before it is another history, and copies that are in no record.
    var positionedAt = LSN.zero
    /// True where clients' writes are taken here; else only copies of another node's records.
    var isLed = true

    /// True where the entries are those of `sequence`.
    var hasPosition: Bool { sequence != LogFrame.noPosition }
}

/// What a frame of the log is a record of.
struct RecordPlace {
    let partition: Partition
    /// Of the entries, each once, where `partition` stands for several.
    var members: [Partition] = []
    var flags: FrameFlags = []

    /// Of writes that a client asked for.
    @inline(__always)
    init(_ partition: Partition) { self.partition = partition }

    /// Of no partition: copies and clean-ups of a replica.
    static var unnumbered: RecordPlace {
        var place = RecordPlace(.several)
        place.flags = .isUnnumbered
        return place
    }

    /// Of writes to these partitions, each once.
    init(members: [Partition]) {
        if members.count == 1 {
            partition = members[0]
        } else {
            partition = .several
            self.members = members
            flags = members.isEmpty ? [] : .numbersEach
        }
    }
}
