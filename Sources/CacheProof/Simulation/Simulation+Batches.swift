internal import CacheBase
internal import CacheEngine

/// Atomic batches: one record of the log, so one version for all that they write.
extension Simulation {
    private struct Part {
        let key: Int
        /// nil where the part is a read.
        let write: (value: ValueID?, bytes: Int, expiry: Expiry)?
    }

    func applyBatch(by number: Int) throws {
        let parts = (0..<(1 + random.below(6))).map { _ in drawPart() }
        let answer = try attempt("batch") { try engine.apply(try makeBatch(parts)) }
        guard let (outcomes, lsn) = answer else { return }
        counts.writes += 1
        trace.note("batch", UInt64(parts.count), lsn.rawValue)
        if parts.contains(where: { $0.write != nil }) {
            try check(engine.acceptsWrites, "a batch is taken though a sync failed")
            try check(lsn.rawValue > model.newest, "version \(lsn.rawValue) was given twice")
        }
        let writes = parts.compactMap { part in
            part.write.map { SimulationJournal.write(part.key, $0.value) }
        }
        journal.addSingle("batch \(lsn.rawValue)", writes: writes, version: lsn.rawValue)
        for (part, outcome) in zip(parts, outcomes) {
            try judge(outcome, of: part, lsn.rawValue, clients[number].scratch)
        }
        self.answer(lsn.rawValue, by: number)
    }

    private func drawPart() -> Part {
        let key = random.below(profile.keys)
        switch random.below(6) {
        case 0..<3:
            let (value, bytes, expiry) = drawValue()
            return Part(key: key, write: (value, bytes, expiry))
        case 3: return Part(key: key, write: (nil, 0, .never))
        default: return Part(key: key, write: nil)
        }
    }

    private func makeBatch(_ parts: [Part]) throws -> WriteBatch {
        var batch = WriteBatch(for: options)
        for part in parts {
            try withKey(part.key) { view in
                guard let write = part.write else { return try batch.read(view) }
                guard let value = write.value else { return try batch.remove(view) }
                let content = ValueBytes.make(value, count: write.bytes)
                try content.withUnsafeBytes { content in
                    try ValueBytes.contentType(value).withUnsafeBytes { type in
                        try batch.put(
                            view, value: content, contentType: type, expiry: write.expiry)
                    }
                }
            }
        }
        return batch
    }

    /// Judges one part's outcome and applies it to the model, so that the next ones see it.
    private func judge(
        _ outcome: BatchOutcome, of part: Part, _ lsn: UInt64, _ scratch: ReadScratch
    ) throws {
        let expected = model.entry(part.key, at: now)
        switch outcome {
        case .written(let outcome):
            guard let write = part.write else { throw failure("a read in a batch has written") }
            // A delete in a batch is written whether the key has an entry or not.
            try judge(outcome, part.key, .none, isDelete: write.value == nil)
            // A delete of nothing changes nothing.
            if outcome == .absent { return }
            model.write(
                part.key,
                StoreModel.Version(
                    value: write.value, bytes: write.bytes, lsn: lsn,
                    expiry: write.expiry.rawValue))
        case .miss: try judge(nil, part.key, expected)
        case .entry(let entry): try judge(FoundEntry(entry), part.key, expected)
        case .cold(let cold): try finishRead(part.key, cold, expected, scratch)
        case .overLimit: throw failure("a batch of a few entries is over its limit")
        }
    }
}
