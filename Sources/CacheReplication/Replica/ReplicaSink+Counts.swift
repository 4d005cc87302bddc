extension ReplicaSink {
    /// What has happened here.
    package struct Counts: Sendable, Equatable {
        package var records: UInt64 = 0
        package var copiedPartitions: UInt64 = 0
        package var setAsidePartitions: UInt64 = 0

        static func += (left: inout Counts, right: Counts) {
            left.records += right.records
            left.copiedPartitions += right.copiedPartitions
            left.setAsidePartitions += right.setAsidePartitions
        }
    }
}
