internal import CacheBase
internal import CacheEngine
internal import CacheNode

/// A read that goes on in a thread that may wait for the disk.
struct ColdJob<Cold: Sendable>: Sendable {
    let cold: Cold
    let key: [UInt8]
}

/// A write with a condition on a version, carried out by a thread that may wait for the disk:
/// which version the entry has may be known there only.
struct WriteJob: Sendable {
    struct Content: Sendable {
        let value: [UInt8]
        let contentType: [UInt8]
        let expiry: Expiry
    }

    let key: [UInt8]
    /// What to write; nil to remove the entry.
    let content: Content?
    let condition: WriteCondition

    func perform<Store: EntryStore>(on store: Store) -> Connection<Store>.Resumption {
        key.withUnsafeBytes { key in
            guard let content else {
                return Self.resumption { () throws(StorageError) in
                    try store.remove(store.key(key), condition: condition)
                }
            }
            return content.value.withUnsafeBytes { value in
                content.contentType.withUnsafeBytes { type in
                    Self.resumption { () throws(StorageError) in
                        try store.put(
                            store.key(key), value: value, contentType: type,
                            expiry: content.expiry, condition: condition)
                    }
                }
            }
        }
    }

    private static func resumption<Store: EntryStore>(
        _ write: () throws(StorageError) -> WriteReceipt
    ) -> Connection<Store>.Resumption {
        do throws(StorageError) {
            return .written(try write())
        } catch {
            return .refused(error)
        }
    }
}

extension WriteCondition {
    /// True where the entry's version must be known.
    var asksForVersion: Bool {
        switch self {
        case .none, .absent, .present: false
        case .version, .notVersion: true
        }
    }
}
