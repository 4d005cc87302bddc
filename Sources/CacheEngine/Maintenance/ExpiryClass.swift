internal import CacheBase

/// Entries that end at about the same time go to the same segments, so that whole segments die
/// together and are deleted unread.
enum ExpiryClass {
    /// Upper bounds of the time left, in seconds, about doubling: the first and the last entry of
    /// a segment end within a factor of two. One more class never expires.
    private static let seconds: [UInt64] = [
        30, 60, 120, 240, 480, 900, 1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 172_800,
        345_600, 604_800, .max / 1000,
    ]
    private static let bounds = seconds.map { $0 * 1000 }

    static let count = bounds.count + 1

    /// Classes in rising order of the time left.
    static func of(_ expiry: Expiry, at now: Timestamp) -> Int {
        if expiry.isNever { return bounds.count }
        let left = expiry.rawValue > now.rawValue ? expiry.rawValue - now.rawValue : 0
        return bounds.firstIndex { left <= $0 } ?? bounds.count - 1
    }
}
