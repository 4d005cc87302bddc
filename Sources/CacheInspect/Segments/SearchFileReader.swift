package import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheFormat
internal import CacheSearch

/// Reads the search files of a folder. None of them is needed: the server makes again what it cannot
/// use.
struct SearchFileReader {
    let folder: StoreFolder

    /// What was found at a segment's search file.
    enum Finding {
        case absent
        case whole
        case damaged(Damage)
    }

    /// The language that a segment's search file is of; nil where nothing whole says so.
    /// - Throws: `io`.
    func language(of segment: SegmentID) throws(StorageError) -> String? {
        guard let file = try opened(segment, .read) else { return nil }
        let window = FileWindow(file, fileBytes: try file.size())
        guard let check = try? self.check(window, try file.size()) else { return nil }
        return TextAnalysis.language(ofFingerprint: check.identity.analysis)
    }

    /// Verifies the search file of a segment whose head and footer are whole, past the page cache.
    /// - Parameter advance: hears of bytes read.
    /// - Throws: `io`.
    func verify(
        _ segment: SegmentFile, store: StoreID, _ advance: (Int) -> Void
    ) throws(StorageError) -> Finding {
        guard let head = segment.head, let footer = segment.footer,
            let file = try opened(segment.id, .readDirect)
        else { return .absent }
        let size = try file.size()
        let window = FileWindow(file, fileBytes: size)
        do throws(StorageError) {
            var check = try self.check(window, size)
            try read(window, size, into: &check, advance)
            guard check.isWhole else {
                return damaged(segment.id, UInt64(SearchFileCheck.headBytes), "fails its checksum")
            }
            let expected = SearchIdentity(
                store: store, segment: segment.id,
                checksum: footer.fingerprint(created: head.created),
                analysis: check.identity.analysis)
            guard check.identity == expected, check.entries == Int(footer.entries) else {
                return damaged(segment.id, 8, "is of another segment or store")
            }
            return .whole
        } catch {
            switch error.kind {
            case .corruption: return damaged(segment.id, error.offset, "is damaged or cut")
            case .newerFormat: return damaged(segment.id, 0, "is of a later version")
            case .io, .noSpace, .poisoned, .overloaded, .tooLarge, .notFound, .permission, .locked,
                .foreign, .closed, .invalid, .notPrimary:
                throw error
            }
        }
    }

    /// Nil where there is no such file, or no longer.
    private func opened(
        _ segment: SegmentID, _ mode: FileMode
    ) throws(StorageError) -> (any File)? {
        do throws(StorageError) {
            return try folder.files.open(folder.layout.search(segment), mode)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    private func check(
        _ window: FileWindow, _ size: UInt64
    ) throws(StorageError) -> SearchFileCheck {
        guard let head = try window.bytes(at: 0, count: SearchFileCheck.headBytes) else {
            throw StorageError(.corruption, "a search file of \(size) bytes", offset: 0)
        }
        return try SearchFileCheck(head: head, fileBytes: size)
    }

    private func read(
        _ window: FileWindow, _ size: UInt64, into check: inout SearchFileCheck,
        _ advance: (Int) -> Void
    ) throws(StorageError) {
        var offset = UInt64(SearchFileCheck.headBytes)
        advance(SearchFileCheck.headBytes)
        while offset < size {
            let unit = UInt64(InspectLimits.pieceBytes)
            let end = min((offset / unit + 1) * unit, size)
            guard let piece = try window.bytes(at: offset, count: Int(end - offset)) else {
                throw StorageError(.corruption, "the search file was cut", offset: offset)
            }
            check.add(piece)
            advance(piece.count)
            offset = end
        }
    }

    private func damaged(_ segment: SegmentID, _ offset: UInt64?, _ what: String) -> Finding {
        let name = folder.name(folder.layout.search(segment))
        return .damaged(
            Damage(name, at: offset, "the search file " + what + "; the server makes it again"))
    }
}

extension StoreSnapshot {
    /// The language that the search files are of; nil where there is none that tells.
    /// - Throws: `io`.
    package func searchLanguage() throws(StorageError) -> String? {
        let reader = SearchFileReader(folder: folder)
        for segment in segments.reversed() {
            if let language = try reader.language(of: segment.id) { return language }
        }
        return nil
    }
}
