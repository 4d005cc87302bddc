internal import CacheBase
internal import CacheFiles

/// The files of the `wal` folder: hands out ready ones, takes back those no longer needed.
///
/// A file's name says nothing; its head says which part of the log it holds. So a file is reused
/// by writing a new head, and no rename has to be made durable. Used under the log's lock, but for
/// `create`, which talks to the disk.
struct LogFilePool {
    /// Ready files kept; more are deleted.
    static let sparesMax = 2
    /// Names tried before giving up; far more than files can exist.
    private static let nameMax = 1 << 17

    let files: any FileSystem
    let directory: String
    let standardBytes: Int
    private var spares: [any MappedFile] = []
    private var nextName = 0

    init(files: any FileSystem, directory: String, standardBytes: Int) {
        self.files = files
        self.directory = directory
        self.standardBytes = standardBytes
    }

    var needsSpare: Bool { spares.isEmpty }

    /// A ready file with room for a frame of `frameBytes`, if there is one.
    mutating func takeSpare(frameBytes: Int) -> (any MappedFile)? {
        fits(frameBytes) ? spares.popLast() : nil
    }

    /// The length a file needs to hold a frame of `frameBytes`, and an end frame.
    func length(frameBytes: Int) -> Int {
        let pageBytes = 4096
        let needed = frameBytes + 2 * pageBytes
        return max(standardBytes, (needed + pageBytes - 1) & ~(pageBytes - 1))
    }

    private func fits(_ frameBytes: Int) -> Bool { length(frameBytes: frameBytes) == standardBytes }

    /// A path no file has yet.
    mutating func newPath() -> String {
        while true {
            let path = directory + "/" + String(nextName, radix: 10) + ".wal"
            nextName = (nextName + 1) % Self.nameMax
            if !files.exists(path) { return path }
        }
    }

    /// Makes a file and its name durable. Slow: the file's space is allocated.
    static func create(
        _ path: String, length: Int, files: any FileSystem
    ) throws(StorageError) -> any MappedFile {
        let mapped = try files.map(path, length: length)
        do throws(StorageError) {
            try files.syncDirectory(type(of: files).folder(of: path))
        } catch {
            try? files.remove(path)
            throw error
        }
        return mapped
    }

    /// Takes back a file that holds nothing needed.
    /// - Returns: the path to delete, where the file is not kept.
    mutating func giveBack(_ mapped: any MappedFile) -> String? {
        mapped.releasePages(offset: 0, length: mapped.length)
        guard mapped.length == standardBytes, spares.count < Self.sparesMax else {
            return mapped.path
        }
        spares.append(mapped)
        return nil
    }
}
