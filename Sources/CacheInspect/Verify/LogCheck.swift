internal import CacheBase
internal import CacheFormat

/// Verifies what frames say beyond their checksums and their chain.
struct LogCheck {
    private(set) var damages = DamageList()
    private(set) var entries: UInt64 = 0

    /// - Parameter knowsSequences: whether the sequences before the log's start are known.
    mutating func run(_ log: LogTail, knowsSequences: Bool) {
        var sequences = log.sequences
        for index in 0..<log.count {
            let view = log.frame(index)
            guard view.frame.kind == .writes else { continue }
            checkEntries(view)
            let partition = Int(view.frame.partition.rawValue)
            guard partition < sequences.count else {
                damages.add(
                    Damage(view.file, at: view.offset, "there is no partition \(partition)"))
                continue
            }
            if knowsSequences, view.frame.sequence != sequences[partition] &+ 1 {
                damages.add(
                    Damage(
                        view.file, at: view.offset,
                        "sequence \(view.frame.sequence) of partition \(partition) follows "
                            + "\(sequences[partition])"))
            }
            sequences[partition] = view.frame.sequence
        }
    }

    private mutating func checkEntries(_ view: LogFrameView) {
        var partitions: Set<Partition> = []
        let isWhole = view.forEachEntry { entry, _ in
            entries += 1
            partitions.insert(Partition(keyChecksum: CRC32C.of(entry.key)))
        }
        guard isWhole, !partitions.isEmpty else {
            damages.add(
                Damage(view.file, at: view.offset, "the record's entries make no sense"))
            return
        }
        let expected = partitions.count == 1 ? partitions.first : .several
        if expected != view.frame.partition {
            damages.add(
                Damage(
                    view.file, at: view.offset,
                    "the record names partition \(view.frame.partition.rawValue), its keys are of "
                        + "\(expected?.rawValue ?? 0)"))
        }
    }
}
