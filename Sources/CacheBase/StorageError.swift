/// What went wrong in a file or in the engine.
///
/// Equality is on `kind` alone, so that callers and tests decide by kind and people read the rest.
package struct StorageError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// A checksum, a length or a reference is wrong: the bytes are not what was written.
        case corruption
        /// The system refused a read, a write or a sync.
        case io
        /// The disk or a quota is full. Heals without a restart.
        case noSpace
        /// A sync failed earlier: the node takes no write until it is restarted.
        case poisoned
        /// A queue or a buffer is at its limit: try again later.
        case overloaded
        /// A key or value exceeds its limit, or the key is empty.
        case tooLarge
        /// No such file or folder.
        case notFound
        /// The user may not read or write there, or the file system is read-only.
        case permission
        /// Another process has the data folder open.
        case locked
        /// The folder holds files that are not a DCS store's, or of another store.
        case foreign
        /// Written by a newer version; left untouched.
        case newerFormat
        /// The engine was closed.
        case closed
        /// An argument is outside of what the call allows.
        case invalid
        /// Another node of the cluster takes writes of this key. Nothing was applied.
        case notPrimary
    }

    package let kind: Kind
    package let message: String
    package var file: String?
    package var offset: UInt64?
    /// The system's `errno`, where a call failed.
    package var code: Int32?

    package init(
        _ kind: Kind, _ message: String, file: String? = nil, offset: UInt64? = nil,
        code: Int32? = nil
    ) {
        self.kind = kind
        self.message = message
        self.file = file
        self.offset = offset
        self.code = code
    }

    package static func == (left: StorageError, right: StorageError) -> Bool {
        left.kind == right.kind
    }

    package var description: String {
        var text = message
        if let file { text += " (\(file)" + (offset.map { " at \($0)" } ?? "") + ")" }
        return text
    }
}
