internal import CacheBase
internal import CacheFormat

/// Verifies what frames say beyond their checksums and their chain.
struct LogCheck {
    private(set) var damages = DamageList()
    private(set) var entries: UInt64 = 0

    /// Newest incarnation of transactions so far.
    private var incarnation: UInt32 = 0

    /// - Parameter checkpoint: nil where it is lost: then what was before the log is not known.
    mutating func run(_ log: LogTail, checkpoint: Checkpoint?) {
        var sequences = log.sequences
        let knowsSequences = checkpoint != nil
        incarnation = checkpoint?.incarnation ?? 0
        for index in 0..<log.count {
            let view = log.frame(index)
            if view.frame.kind == .position { note(view.frame, &sequences) }
            guard view.frame.kind.isContent else { continue }
            checkEntries(view)
            checkTransaction(view, isKnown: knowsSequences)
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
            guard view.frame.flags.contains(.numbersEach) else { continue }
            for member in view.members { sequences[Int(member.rawValue)] &+= 1 }
        }
    }

    /// Numbers go on from where the frame says.
    private func note(_ frame: LogFrame, _ sequences: inout [UInt64]) {
        let partition = Int(frame.partition.rawValue)
        if partition < sequences.count { sequences[partition] = frame.sequence }
    }

    /// Commits are of the newest incarnation, and each incarnation is newer than the one before. A
    /// checkpoint may have been taken after a record that the log still has.
    private mutating func checkTransaction(_ view: LogFrameView, isKnown: Bool) {
        guard let head = view.transaction else { return }
        let number = head.number.incarnation
        let isRight = view.frame.kind == .incarnation ? number > 0 : number <= incarnation
        if isKnown, !isRight {
            damages.add(
                Damage(
                    view.file, at: view.offset,
                    "a transaction of incarnation \(number) follows incarnation \(incarnation)"))
        }
        incarnation = max(incarnation, number)
    }

    private mutating func checkEntries(_ view: LogFrameView) {
        var partitions: Set<Partition> = []
        let isWhole = view.forEachEntry { entry, _ in
            entries += 1
            partitions.insert(Partition(keyChecksum: CRC32C.of(entry.key)))
        }
        guard isWhole, view.frame.kind != .writes || !partitions.isEmpty else {
            damages.add(
                Damage(view.file, at: view.offset, "the record's entries make no sense"))
            return
        }
        let isOfOne = partitions.count == 1 && !view.frame.flags.contains(.isUnnumbered)
        let expected = isOfOne ? partitions.first : .several
        if expected != view.frame.partition {
            damages.add(
                Damage(
                    view.file, at: view.offset,
                    "the record names partition \(view.frame.partition.rawValue), its keys are of "
                        + "\(expected?.rawValue ?? 0)"))
        }
    }
}
