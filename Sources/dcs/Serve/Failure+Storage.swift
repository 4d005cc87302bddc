internal import CacheBase

extension Failure {
    /// One line that says why a data folder cannot be served, and what to do.
    static func opening(_ directory: String, _ error: StorageError) -> Failure {
        .refused("data folder \(directory): " + reason(error))
    }

    private static func reason(_ error: StorageError) -> String {
        switch error.kind {
        case .locked:
            "another process has it open; stop that one, or choose another folder with --data-dir"
        case .permission:
            "this user may not write there, or the file system is read-only: \(error)"
        case .foreign:
            "it holds files that are not this store's; choose another folder with --data-dir "
                + "(nothing was changed): \(error)"
        case .newerFormat:
            "it was written by a newer version of dcs; start that version (nothing was changed): "
                + "\(error)"
        case .corruption:
            "it is damaged: \(error)"
        case .noSpace:
            "the disk is full: \(error)"
        case .io, .notFound, .invalid, .tooLarge, .overloaded, .poisoned, .closed,
            .notPrimary:
            "it cannot be opened: \(error)"
        }
    }
}
