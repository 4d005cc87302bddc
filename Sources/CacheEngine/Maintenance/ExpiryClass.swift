internal import CacheBase

/// Entries that end at about the same time go to the same segments, so that whole segments die
/// together and are deleted unread.
enum ExpiryClass {
    /// Upper bounds of the time left, in milliseconds; one more class never expires.
    private static let bounds: [UInt64] = [
        60_000, 600_000, 3_600_000, 86_400_000, 7 * 86_400_000, .max,
    ]

    static let count = bounds.count + 1

    /// Classes in rising order of the time left.
    static func of(_ expiry: Expiry, at now: Timestamp) -> Int {
        if expiry.isNever { return bounds.count }
        let left = expiry.rawValue > now.rawValue ? expiry.rawValue - now.rawValue : 0
        return bounds.firstIndex { left <= $0 } ?? bounds.count - 1
    }
}
