internal import CacheBase
internal import CacheEngine

/// As much of an entry as is shown.
struct ShownEntry: Sendable {
    let shownValue: [UInt8]
    let valueBytes: Int
    let contentType: String
    let lsn: LSN
    let expiry: Expiry

    init(_ entry: EntryView) {
        valueBytes = entry.value.count
        let shown = entry.value.prefix(ManagementLimits.shownValueBytesMax)
        // A text is not cut inside a character.
        shownValue = Self.withoutBrokenEnd(Array(shown), isCut: shown.count < valueBytes)
        contentType = String(decoding: entry.contentType, as: UTF8.self)
        lsn = entry.lsn
        expiry = entry.expiry
    }

    private static func withoutBrokenEnd(_ bytes: [UInt8], isCut: Bool) -> [UInt8] {
        guard isCut else { return bytes }
        for cut in 0..<4 {
            let shorter = Array(bytes.dropLast(cut))
            if String(validating: shorter, as: UTF8.self) != nil { return shorter }
        }
        return bytes
    }
}

/// Reads one entry for a person; waits for the disk, so only on a thread that may.
struct EntryLookup {
    let engine: Engine

    func find(_ key: [UInt8]) -> Result<ShownEntry, ManagementProblem> {
        do throws(StorageError) {
            guard let entry = try read(key) else { return .failure(.noEntry) }
            return .success(entry)
        } catch {
            return .failure(error.kind == .overloaded ? .overloaded(Self.moved) : .init(error))
        }
    }

    private static let moved = "The entry moved each time it was read."

    private func read(_ bytes: [UInt8]) throws(StorageError) -> ShownEntry? {
        let scratch = ReadScratch()
        for _ in 0..<ManagementLimits.movedReadsMax {
            switch look(bytes) {
            case .found(let entry): return entry
            case .missed: return nil
            case .notDurable(let lsn): try engine.waitUntilDurable(lsn)
            case .cold(let cold):
                let found = try readCold(cold, bytes, scratch)
                if let found { return found.entry }
            }
        }
        throw StorageError(.overloaded, Self.moved)
    }

    private enum Look {
        case found(ShownEntry)
        case missed
        case notDurable(LSN)
        case cold(ColdRead)
    }

    private func look(_ bytes: [UInt8]) -> Look {
        bytes.withUnsafeBytes { raw in
            var entry: ShownEntry?
            switch engine.read(engine.key(raw), { entry = ShownEntry($0) }) {
            case .hit: return entry.map(Look.found) ?? .missed
            case .miss: return .missed
            case .notDurable(let lsn): return .notDurable(lsn)
            case .cold(let cold): return .cold(cold)
            }
        }
    }

    /// - Returns: nil where the entry moved.
    private func readCold(
        _ cold: ColdRead, _ bytes: [UInt8], _ scratch: ReadScratch
    ) throws(StorageError) -> (entry: ShownEntry?, Void)? {
        var entry: ShownEntry?
        var failure: StorageError?
        let outcome = bytes.withUnsafeBytes { raw -> ColdOutcome in
            do throws(StorageError) {
                return try engine.readCold(
                    cold, key: engine.key(raw), scratch: scratch, mayBlock: true
                ) { entry = ShownEntry($0) }
            } catch {
                failure = error
                return .miss
            }
        }
        if let failure { throw failure }
        switch outcome {
        case .hit, .miss: return (entry, ())
        case .moved, .wouldBlock: return nil
        }
    }
}
