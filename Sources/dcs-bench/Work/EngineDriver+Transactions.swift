internal import CacheBase
internal import CacheEngine

extension EngineDriver {
    /// Writes a random entry.
    /// - Returns: its version.
    func putRandom(_ random: inout Random) throws -> LSN {
        try put(random.next(below: workload.keyCount)).lsn
    }

    /// Writes random entries in a transaction; begins another where it meets a conflict.
    /// - Returns: the version of the commit.
    func commitRandom(_ count: Int, _ random: inout Random) throws -> LSN {
        while true {
            do throws(TransactionError) {
                guard let id = try engine.transactions.start(mayBlock: true) else { continue }
                for _ in 0..<count { try put(random.next(below: workload.keyCount), in: id) }
                let commit = try engine.transactions.commit(id, scratch: scratch, mayBlock: true)
                if case .committed(let lsn) = commit { return lsn }
            } catch {
                guard error == .conflict else { throw error }
            }
        }
    }

    private func put(_ number: Int, in id: TransactionID) throws(TransactionError) {
        let view = keyView(number)
        _ = try workload.withValue(number) { value throws(TransactionError) in
            try engine.transactions.put(
                id, view, value: value, contentType: UnsafeRawBufferPointer(start: nil, count: 0),
                expiry: .never, scratch: scratch, mayBlock: true)
        }
    }
}
