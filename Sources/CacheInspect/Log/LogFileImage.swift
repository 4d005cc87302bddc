internal import CacheBase
internal import CacheFiles
internal import CacheFormat

/// A file of the log, copied into memory: a running server goes on writing to the file itself.
final class LogFileImage {
    enum Head: Equatable {
        /// It says which part of the log the file holds.
        case whole(LogFileHead)
        /// Zeros, and no frame follows: the file is a spare.
        case empty
        /// It does not say so, and frames may follow. The server reads the file where the record
        /// that is due begins it.
        case damaged
    }

    /// From the data folder on.
    let name: String
    let head: Head
    /// Empty until `load`.
    private(set) var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private let file: any File
    private let length: Int

    /// Reads the head alone.
    /// - Throws: `newerFormat`, `io`.
    init(_ path: String, in folder: StoreFolder) throws(StorageError) {
        name = folder.name(path)
        do throws(StorageError) {
            file = try folder.files.open(path, .read)
            length = Int(clamping: try file.size())
            head = try Self.head(of: file)
        } catch { throw folder.named(error, path) }
    }

    deinit { bytes.deallocate() }

    var number: UInt64? {
        guard case .whole(let head) = head else { return nil }
        return head.number
    }

    var wholeHead: LogFileHead? {
        guard case .whole(let head) = head else { return nil }
        return head
    }

    /// Bytes of the file, whether loaded or not.
    var fileBytes: Int { length }

    var loaded: UnsafeRawBufferPointer { UnsafeRawBufferPointer(bytes) }

    /// Copies the file from `offset` to its end, over what was copied before.
    func load(from offset: Int = 0) throws(StorageError) {
        if bytes.count < length {
            bytes.deallocate()
            bytes = .allocate(byteCount: length, alignment: 16)
        }
        guard offset < length else { return }
        let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[offset...])
        let got = try file.read(into: rest, at: UInt64(offset))
        UnsafeMutableRawBufferPointer(rebasing: rest[got...])
            .initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// False where a running server uses the file for another part of the log by now.
    func isUnchanged() throws(StorageError) -> Bool { try Self.head(of: file) == head }

    /// The verified frame at `offset`; nil where there is none.
    func frame(at offset: Int) -> LogFrame? {
        guard offset >= 0, offset < bytes.count else { return nil }
        return LogFrame(verifying: UnsafeRawBufferPointer(rebasing: loaded[offset...]))
    }

    /// True where the frame that is due at `position` is at `offset`.
    func links(_ position: LogPosition, at offset: Int) -> Bool {
        guard let frame = frame(at: offset) else { return false }
        return frame.lsn == position.lsn && frame.predecessor == position.predecessor
    }

    /// The payload of a verified frame.
    func payload(of frame: LogFrame, at offset: Int) -> UnsafeRawBufferPointer {
        let start = offset + LogFrame.headBytes
        return UnsafeRawBufferPointer(
            rebasing: loaded[start..<(start + Int(frame.payloadBytes))])
    }

    private static func head(of file: any File) throws(StorageError) -> Head {
        var page = [UInt8](repeating: 0, count: LogFileHead.bytes + LogFrame.headBytes)
        return try withMutableBytes(&page) { raw throws(StorageError) in
            _ = try file.read(into: raw, at: 0)
            let frame = raw[LogFileHead.bytes...]
            if raw.prefix(64).allSatisfy({ $0 == 0 }), frame.allSatisfy({ $0 == 0 }) {
                return .empty
            }
            let bytes = UnsafeRawBufferPointer(raw)
            let found = try VersionCheck.confirmed(bytes, checksumAt: 52) {
                () throws(StorageError) in try LogFileHead(verifying: bytes)
            }
            return found.map(Head.whole) ?? .damaged
        }
    }
}
