/// The calls of the file seam, as the simulation counts and fails them.
package enum FileOperation: Int, CaseIterable, Sendable {
    case createDirectory, list, syncDirectory, lock, availableBytes
    case open, create, rename, remove, map
    /// `readCached` counts as `read`, and a mapping's `sync` as `sync`.
    case size, read, write, truncate, sync
    case populate

    /// What it tries, to be read after "cannot".
    var purpose: String {
        switch self {
        case .createDirectory: "make the folder"
        case .list: "list the folder"
        case .syncDirectory: "sync the folder"
        case .lock: "lock the folder"
        case .availableBytes: "ask for free space"
        case .open: "open the file"
        case .create: "create the file"
        case .rename: "rename the file"
        case .remove: "remove the file"
        case .map: "map the file"
        case .size: "ask for the size"
        case .read: "read the file"
        case .write: "write the file"
        case .truncate: "set the length"
        case .sync: "sync the file's data"
        case .populate: "make pages present"
        }
    }

    /// True where it may change what a later start finds; the points at which a crash is planned.
    package var isMutating: Bool {
        switch self {
        case .createDirectory, .syncDirectory, .lock, .create, .rename, .remove, .map: true
        case .write, .truncate, .sync: true
        case .list, .availableBytes, .open, .size, .read, .populate: false
        }
    }
}

extension Set<FileOperation> {
    package static var all: Self { Self(FileOperation.allCases) }
    package static var mutating: Self { all.filter(\.isMutating) }
}

/// How many operations a simulated disk was asked for, failed ones included.
package struct OperationCounts: Sendable {
    private var counts = [Int](repeating: 0, count: FileOperation.allCases.count)
    /// Bytes that `File.write` put into files; stores through mappings are not seen.
    package internal(set) var bytesWritten: UInt64 = 0

    package subscript(operation: FileOperation) -> Int { counts[operation.rawValue] }

    package var all: Int { counts.reduce(0, +) }

    package var mutating: Int {
        FileOperation.allCases.reduce(0) { $0 + ($1.isMutating ? self[$1] : 0) }
    }

    mutating func record(_ operation: FileOperation) { counts[operation.rawValue] += 1 }
}
