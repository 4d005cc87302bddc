package import CacheBase
internal import Glibc

/// A failure to come: the n-th matching operation from now, once or from there on.
///
/// A failed `write` has put a random prefix of its bytes into the file. A failed `sync` has lost
/// what it was to make durable: see `SimulatedInode.failSync`. Any other failed operation has
/// changed nothing.
package struct FileFault: Sendable {
    private let operations: Set<FileOperation>
    private let pathSuffix: String
    private let isPersistent: Bool
    private let kind: StorageError.Kind
    private let code: Int32
    /// Matching operations until it strikes; 0 once it has.
    private var remaining: Int

    /// - Parameters:
    ///   - kind: the kind of the thrown error.
    ///   - code: its `errno`; nil for the one that fits `kind`.
    ///   - operations: what it strikes.
    ///   - pathSuffix: how the paths it strikes end; all do by default.
    ///   - nth: 1 for the next matching operation.
    ///   - isPersistent: true where every later matching operation fails too.
    package init(
        _ kind: StorageError.Kind, code: Int32? = nil, on operations: Set<FileOperation>,
        pathSuffix: String = "", nth: Int = 1, isPersistent: Bool = false
    ) {
        precondition(nth > 0, "operations are counted from 1")
        self.kind = kind
        self.code = code ?? Self.code(of: kind)
        self.operations = operations
        self.pathSuffix = pathSuffix
        self.isPersistent = isPersistent
        remaining = nth
    }

    private static func code(of kind: StorageError.Kind) -> Int32 {
        switch kind {
        case .noSpace: ENOSPC
        case .notFound: ENOENT
        case .permission: EACCES
        default: EIO
        }
    }

    /// Counts one operation and returns the error that it ends in, if it does.
    mutating func strike(_ operation: FileOperation, _ path: String) -> StorageError? {
        guard operations.contains(operation), path.hasSuffix(pathSuffix) else { return nil }
        if remaining > 0 {
            remaining -= 1
            if remaining > 0 { return nil }
        } else if !isPersistent {
            return nil
        }
        return StorageError(
            kind, "cannot \(operation.purpose): planned fault", file: path, code: code)
    }
}
