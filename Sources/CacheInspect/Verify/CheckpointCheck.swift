internal import CacheBase
internal import CacheFormat

/// Verifies what a checkpoint says, apart from its checksum.
struct CheckpointCheck {
    let checkpoint: Checkpoint
    let name: String

    func damages() -> [Damage] {
        var found: [Damage] = []
        if checkpoint.sequences.count != Limits.partitions + 1 {
            found.append(
                Damage(name, at: 88, "\(checkpoint.sequences.count) sequences are listed"))
        }
        if checkpoint.replayFrom.lsn.rawValue > checkpoint.durableLSN.rawValue + 1 {
            found.append(Damage(name, at: 56, "the log begins behind what is durable of it"))
        }
        var seen: Set<SegmentID> = []
        for segment in checkpoint.segments {
            if !seen.insert(segment.id).inserted {
                found.append(Damage(name, "segment \(segment.id.rawValue) is listed twice"))
            }
            if segment.id >= checkpoint.nextSegment {
                found.append(
                    Damage(name, "segment \(segment.id.rawValue) has a number not given out yet"))
            }
            if Self.hasSurplusBits(segment) {
                found.append(
                    Damage(name, "segment \(segment.id.rawValue) has live bits past its end"))
            }
        }
        return found + historyDamages()
    }

    private func historyDamages() -> [Damage] {
        let incarnations = checkpoint.histories.map(\.incarnation)
        let isRising = zip(incarnations, incarnations.dropFirst()).allSatisfy { $0 < $1 }
        guard isRising, incarnations.last ?? 0 <= checkpoint.incarnation else {
            return [Damage(name, "the outcomes of transactions are out of order")]
        }
        return []
    }

    private static func hasSurplusBits(_ segment: SegmentLiveness) -> Bool {
        let used = Int(segment.entries) & 63
        guard used != 0, let last = segment.bitmap.last else { return false }
        return last >> UInt64(used) != 0
    }
}
