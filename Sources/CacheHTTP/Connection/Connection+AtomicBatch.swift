internal import CacheBase
internal import CacheEngine
internal import CacheNode

extension Connection {
    /// Carries out a batch as one step of the store, before any of its results is written.
    /// - Returns: why not; nothing was applied then.
    mutating func applyAtomically(
        _ document: BatchDocument, _ run: inout Run, _ text: UnsafeRawBufferPointer
    ) -> Problem? {
        var batch = store.makeBatch()
        for (number, fields) in document.operations.enumerated() {
            if let refusal = add(fields, to: &batch, &run, text) {
                loop.releaseValueRoom()
                return refusal.ofOperation(number)
            }
        }
        do throws(StorageError) {
            (run.steps, run.lsn) = try store.applyBatch(batch)
            return nil
        } catch {
            return error.kind == .tooLarge ? .batchTooLarge : Problem(error)
        }
    }

    /// Adds one operation; returns what is wrong with it.
    private mutating func add(
        _ fields: OperationFields, to batch: inout WriteBatch, _ run: inout Run,
        _ text: UnsafeRawBufferPointer
    ) -> Problem? {
        do throws(StorageError) {
            if fields.kind == .put {
                let put: DecodedPut
                switch decode(fields, text) {
                case .success(let decoded): put = decoded
                case .failure(let refusal): return refusal.problem
                }
                try batch.put(
                    store.key(put.key), value: put.value,
                    contentType: .init(start: nil, count: 0), expiry: expiry(put.ttl))
            } else {
                guard let key = decodedKey(fields.key, text) else { return .badKey }
                let view = store.key(key)
                if fields.kind == .get { try batch.read(view) } else { try batch.remove(view) }
            }
            if fields.kind != .get { run.isWritten = true }
            return nil
        } catch {
            return error.kind == .tooLarge ? .batchTooLarge : Problem(error)
        }
    }

    /// Writes what one operation came to, or waits for the disk.
    mutating func showStep(
        _ step: BatchStep<Store.Cold>, _ run: inout Run, _ fields: OperationFields,
        _ text: UnsafeRawBufferPointer
    ) {
        switch step {
        case .written(.deleted): run.append(#"{"success":true,"deleted":true}"#)
        case .written(.absent): run.append(#"{"success":true,"deleted":false}"#)
        case .written(.created), .written(.replaced): run.append(#"{"success":true}"#)
        case .written(.conditionFailed): preconditionFailure("a batch has no conditions")
        case .miss: run.append(AnswerQueue.missJSON)
        case .overLimit: run.append(.resultsTooLarge)
        case .entry(let entry): entry.value.withUnsafeBytes { run.append(value: $0) }
        case .cold(let cold): showCold(cold, &run, fields, text)
        }
    }

    private mutating func showCold(
        _ cold: Store.Cold, _ run: inout Run, _ fields: OperationFields,
        _ text: UnsafeRawBufferPointer
    ) {
        if appendResumed(&run) { return }
        guard let key = decodedKey(fields.key, text) else {
            preconditionFailure("the key was read before")
        }
        // The position keeps its segment open: a read that is to begin again begins there.
        while readCold(cold, store.key(key), &run) {}
    }
}

extension Problem {
    static let batchTooLarge = Problem.tooLarge("The batch is too large. Nothing was applied.")

    /// The same of one operation, for which the whole batch is refused.
    func ofOperation(_ number: Int) -> Problem {
        let reason = detail.withBytes { String(decoding: $0, as: UTF8.self) }
        return Problem(
            status, kind, title,
            .made("Operation \(number), counted from 0: \(reason) Nothing was applied."),
            fields: fields)
    }
}
