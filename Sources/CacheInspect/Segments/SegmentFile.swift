package import CacheBase
internal import CacheEngine
internal import CacheFiles
package import CacheFormat

/// A segment file, open, with as much of its head and its end as is whole.
///
/// Invariant: it stays readable when a running server unlinks it; sealed segments never change.
package final class SegmentFile: Sendable {
    package let id: SegmentID
    /// From the data folder on.
    package let name: String
    package let bytes: UInt64
    package let head: SegmentHead?
    package let footer: SegmentFooter?
    /// The blocks as the footer lists them; nil without a whole footer and table.
    let table: [BlockReference]?
    let file: any File
    /// What is wrong with head, footer and table.
    let damages: [Damage]

    /// - Parameter isDirect: for a pass over all of it, past the page cache.
    /// - Throws: `notFound`, `newerFormat`, `io`.
    init(
        _ id: SegmentID, in folder: StoreFolder, store: StoreID?, isDirect: Bool = false
    ) throws(StorageError) {
        let path = folder.layout.segment(id)
        let name = folder.name(path)
        self.id = id
        self.name = name
        do throws(StorageError) {
            let plain = try folder.files.open(path, .read)
            file = isDirect ? try folder.files.open(path, .readDirect) : plain
            bytes = try plain.size()
            var parts = SegmentEnds(id: id, name: name, fileBytes: bytes)
            try parts.read(plain, store: store)
            (head, footer, table, damages) = (parts.head, parts.footer, parts.table, parts.damages)
        } catch { throw folder.named(error, path) }
    }

    /// Where the blocks end.
    var blocksEnd: UInt64 { footer?.tableOffset ?? bytes }
}

/// Reads head, footer and table of a segment file, and what is wrong with them.
private struct SegmentEnds {
    let id: SegmentID
    let name: String
    let fileBytes: UInt64
    private(set) var head: SegmentHead?
    private(set) var footer: SegmentFooter?
    private(set) var table: [BlockReference]?
    private(set) var damages: [Damage] = []

    init(id: SegmentID, name: String, fileBytes: UInt64) {
        self.id = id
        self.name = name
        self.fileBytes = fileBytes
    }

    mutating func read(_ file: any File, store: StoreID?) throws(StorageError) {
        let headBytes = try part(file, at: 0, count: SegmentHead.bytes)
        head = try withBytes(headBytes) { raw throws(StorageError) in
            try VersionCheck.confirmed(raw, checksumAt: 60) { () throws(StorageError) in
                try SegmentHead(verifying: raw)
            }
        }
        checkHead(store)
        guard fileBytes >= UInt64(SegmentHead.bytes + SegmentFooter.bytes) else {
            damages.append(Damage(name, at: fileBytes, "the file is too short for a segment"))
            return
        }
        let offset = fileBytes - UInt64(SegmentFooter.bytes)
        let footerBytes = try part(file, at: offset, count: SegmentFooter.bytes)
        footer = try withBytes(footerBytes) { raw throws(StorageError) in
            try VersionCheck.confirmed(raw, checksumAt: 76) { () throws(StorageError) in
                try SegmentFooter(verifying: raw, fileBytes: fileBytes)
            }
        }
        guard let footer else {
            damages.append(
                Damage(name, at: offset, "the footer is damaged, or the file was cut"))
            return
        }
        if footer.id != id {
            damages.append(
                Damage(name, at: offset, "the footer is of segment \(footer.id.rawValue)"))
        }
        let tableBytes = try part(file, at: footer.tableOffset, count: footer.tableBytes)
        table = footer.table(verifying: tableBytes)
        if table == nil {
            damages.append(
                Damage(
                    name, at: footer.tableOffset,
                    "the table of blocks fails its checksum, or is out of order"))
        }
    }

    private mutating func checkHead(_ store: StoreID?) {
        guard let head else {
            damages.append(Damage(name, at: 0, "the head fails its checksum"))
            return
        }
        if head.id != id {
            damages.append(Damage(name, at: 0, "the head is of segment \(head.id.rawValue)"))
        }
        if let store, head.store != store {
            damages.append(Damage(name, at: 0, "the head is of another store"))
        }
    }

    /// Bytes of the file; fewer where it ends before.
    private func part(
        _ file: any File, at offset: UInt64, count: Int
    ) throws(StorageError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try withMutableBytes(&bytes) { raw throws(StorageError) in
            try file.read(into: raw, at: offset)
        }
        bytes.removeLast(count - got)
        return bytes
    }
}

extension SegmentFooter {
    fileprivate func table(verifying bytes: [UInt8]) -> [BlockReference]? {
        bytes.withUnsafeBytes { table(verifying: $0) }
    }
}
