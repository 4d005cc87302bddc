/// A point in time in milliseconds since 1970 (UTC).
@frozen
package struct Timestamp: RawRepresentable, Hashable, Comparable, Sendable {
    package var rawValue: UInt64

    @inlinable
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// When an entry stops to exist, in milliseconds since 1970; 0 means never.
@frozen
package struct Expiry: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt64

    @inlinable
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    package static var never: Expiry { Expiry(rawValue: 0) }

    /// The expiry `milliseconds` after `now`. A sum past the last representable time never ends.
    @inlinable
    package init(milliseconds: UInt64, after now: Timestamp) {
        let (sum, overflow) = now.rawValue.addingReportingOverflow(milliseconds)
        self.init(rawValue: overflow ? 0 : sum)
    }

    @inlinable
    package var isNever: Bool { rawValue == 0 }

    /// An entry is gone from the millisecond that its expiry names.
    @inlinable
    package func hasPassed(at now: Timestamp) -> Bool {
        rawValue != 0 && rawValue <= now.rawValue
    }
}
