/// Safety steps that an engine leaves out on purpose: the proof that the tests which guard them can
/// fail. Empty but in those tests; no setting of a node leads here.
package struct UnsafeOmissions: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Records count as durable without having been synced.
    package static let sync = UnsafeOmissions(rawValue: 1)
    /// Frames of the log and blocks of segments are taken as they are.
    package static let checksum = UnsafeOmissions(rawValue: 2)
    /// An overwrite or a delete leaves the old entry's bit set.
    package static let bitmapUpdate = UnsafeOmissions(rawValue: 4)
    /// A transaction commits though what it read has changed.
    package static let commitValidation = UnsafeOmissions(rawValue: 8)
}
