internal import CacheBase
internal import CacheEngine

/// A copy of what a read found.
struct FoundEntry: Equatable {
    let value: [UInt8]
    let contentType: [UInt8]
    let lsn: UInt64
    let expiry: UInt64

    init(_ view: EntryView) {
        value = Array(view.value)
        contentType = Array(view.contentType)
        lsn = view.lsn.rawValue
        expiry = view.expiry.rawValue
    }

    init(_ entry: OwnedEntry) {
        value = entry.value
        contentType = entry.contentType
        lsn = entry.lsn.rawValue
        expiry = entry.expiry.rawValue
    }
}
