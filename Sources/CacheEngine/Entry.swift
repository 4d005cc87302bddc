package import CacheBase

/// An entry as a read sees it. The bytes are valid only inside the closure that receives it.
package struct EntryView {
    package let value: UnsafeRawBufferPointer
    /// As given at the write; empty where none was.
    package let contentType: UnsafeRawBufferPointer
    /// The entry's version.
    package let lsn: LSN
    package let expiry: Expiry
}

/// A key together with its hash, made by `Engine.key(_:)`. The bytes are borrowed.
package struct KeyView {
    package let bytes: UnsafeRawBufferPointer
    package let hash: UInt64
}

/// What must hold of a key's current entry for a write to be applied.
package enum WriteCondition: Sendable, Hashable {
    case none
    /// There is no entry (`If-None-Match: *`).
    case absent
    /// There is one (`If-Match: *`).
    case present
    /// There is one, of this version (`If-Match`).
    case version(LSN)
    /// There is none, or one of another version (`If-None-Match`).
    case notVersion(LSN)
}

/// The answer to a write.
package struct WriteReceipt: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable {
        /// The key had no entry; it has one now.
        case created
        case replaced
        case deleted
        /// A delete of a key that had no entry.
        case absent
        /// Nothing was written.
        case conditionFailed
    }
    package let outcome: Outcome
    /// The version written. Where nothing was written: the last version that could have mattered,
    /// so that waiting for it to be durable makes the answer durable too.
    package let lsn: LSN
}

/// What a read found without asking the disk.
package enum ReadOutcome {
    /// The closure was called.
    case hit
    case miss
    /// `SyncMode.always` only: the newest entry is not durable yet. Wait for this LSN, then repeat.
    case notDurable(LSN)
    /// The entry is in a segment: go on with `readCold`.
    case cold(ColdRead)
}

/// What a cold read found.
package enum ColdOutcome {
    /// The closure was called.
    case hit
    case miss
    /// Only where not allowed to block: the disk would be asked.
    case wouldBlock
    /// The entry moved meanwhile: begin again with `read`.
    case moved
}
