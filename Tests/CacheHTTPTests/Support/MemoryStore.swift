import CacheBase
import CacheFormat
import CacheNode
import Synchronization

@testable import CacheEngine

/// An entry store in memory whose answers a test scripts: durable when told, cold when told.
final class MemoryStore: EntryStore {
    typealias Cold = Int

    enum Script {
        case cold, notDurable(LSN)
    }

    enum ColdScript {
        case wouldBlock, moved, hit, miss
        case failed(StorageError)
    }

    struct State {
        var entries: [[UInt8]: (value: [UInt8], type: [UInt8], lsn: LSN, expiry: Expiry)] = [:]
        var lsn = LSN.zero
        var durable = LSN.zero
        var reads: [Script] = []
        var coldReads: [ColdScript] = []
        var writeError: StorageError?
        /// Keys that an atomic batch finds cold.
        var coldKeys: Set<[UInt8]> = []
        var syncRequests: [LSN] = []
    }

    let clock = Clock.manual(start: Timestamp(rawValue: 1_700_000_000_000))
    let answersWaitForSync: Bool
    let answersWaitForCopies = false
    let copiedLSN = LSN(rawValue: .max)
    let abandonedLSN = LSN.zero
    let state = Mutex(State())

    var transactions: Transactions {
        preconditionFailure("transactions are tested over an engine, see EngineHarness")
    }

    init(always: Bool = false) { answersWaitForSync = always }

    var lastLSN: LSN { state.withLock { $0.lsn } }
    var durableLSN: LSN { state.withLock { $0.durable } }

    func script(_ reads: Script..., cold: [ColdScript] = []) {
        state.withLock {
            $0.reads += reads
            $0.coldReads += cold
        }
    }

    func key(_ bytes: UnsafeRawBufferPointer) -> KeyView { KeyView(bytes: bytes, hash: 0) }

    func prefetch(_ keys: UnsafeBufferPointer<KeyView>) {}

    func lookUp(_ key: KeyView, _ body: (EntryView) -> Void) -> ReadStep<Int> {
        state.withLock { state in
            if !state.reads.isEmpty {
                switch state.reads.removeFirst() {
                case .cold: return .cold(1)
                case .notDurable(let lsn): return .notDurable(lsn)
                }
            }
            return find(key, &state, body) ? .hit : .miss
        }
    }

    func lookUpCold(
        _ cold: Int, key: KeyView, scratch: ReadScratch, mayBlock: Bool, _ body: (EntryView) -> Void
    ) throws(StorageError) -> ColdOutcome {
        let result = state.withLock { state -> Result<ColdOutcome, StorageError> in
            switch state.coldReads.isEmpty ? .hit : state.coldReads.removeFirst() {
            case .wouldBlock: return .success(.wouldBlock)
            case .moved: return .success(.moved)
            case .hit: return .success(find(key, &state, body) ? .hit : .miss)
            case .miss: return .success(.miss)
            case .failed(let error): return .failure(error)
            }
        }
        return try result.get()
    }

    func put(
        _ key: KeyView, value: UnsafeRawBufferPointer, contentType: UnsafeRawBufferPointer,
        expiry: Expiry, condition: WriteCondition
    ) throws(StorageError) -> WriteReceipt {
        let bytes = (Array(key.bytes), Array(value), Array(contentType))
        return try state.withLock { state -> Result<WriteReceipt, StorageError> in
            if let error = state.writeError { return .failure(error) }
            let old = live(bytes.0, state)
            guard holds(condition, old?.lsn) else {
                return .success(WriteReceipt(outcome: .conditionFailed, lsn: state.lsn))
            }
            state.lsn = state.lsn.next
            state.entries[bytes.0] = (bytes.1, bytes.2, state.lsn, expiry)
            return .success(
                WriteReceipt(outcome: old == nil ? .created : .replaced, lsn: state.lsn))
        }.get()
    }

    func remove(
        _ key: KeyView, condition: WriteCondition
    ) throws(StorageError) -> WriteReceipt {
        let name = Array(key.bytes)
        return try state.withLock { state -> Result<WriteReceipt, StorageError> in
            if let error = state.writeError { return .failure(error) }
            let old = live(name, state)
            guard holds(condition, old?.lsn) else {
                return .success(WriteReceipt(outcome: .conditionFailed, lsn: state.lsn))
            }
            guard old != nil else {
                return .success(WriteReceipt(outcome: .absent, lsn: state.lsn))
            }
            state.entries[name] = nil
            state.lsn = state.lsn.next
            return .success(WriteReceipt(outcome: .deleted, lsn: state.lsn))
        }.get()
    }

    func makeBatch() -> WriteBatch { WriteBatch(for: EngineOptions(directory: "")) }

    func applyBatch(
        _ batch: WriteBatch
    ) throws(StorageError) -> (steps: [BatchStep<Int>], lsn: LSN) {
        try state.withLock { state -> Result<(steps: [BatchStep<Int>], lsn: LSN), StorageError> in
            if let error = state.writeError { return .failure(error) }
            if batch.writes > 0 { state.lsn = state.lsn.next }
            let steps = batch.operations.map { step($0, batch, &state) }
            return .success((steps, state.lsn))
        }.get()
    }

    private func step(
        _ operation: WriteBatch.Operation, _ batch: WriteBatch, _ state: inout State
    ) -> BatchStep<Int> {
        if operation.kind == .read {
            let end = operation.offset + operation.keyBytes
            let name = Array(batch.readKeys[operation.offset..<end])
            if state.coldKeys.contains(name) { return .cold(1) }
            guard let found = live(name, state) else { return .miss }
            return .entry(OwnedEntry.make(found.value))
        }
        return batch.payload.withUnsafeBytes { payload in
            guard let entry = LogEntry(in: payload, at: operation.offset) else {
                preconditionFailure("a batch's payload is an array of entries")
            }
            let name = Array(entry.key)
            let exists = live(name, state) != nil
            if operation.kind == .delete {
                state.entries[name] = nil
                return .written(exists ? .deleted : .absent)
            }
            state.entries[name] = (
                Array(entry.value), Array(entry.contentType), state.lsn, entry.expiry
            )
            return .written(exists ? .replaced : .created)
        }
    }

    func requestSync(_ lsn: LSN) { state.withLock { $0.syncRequests.append(lsn) } }

    /// The value of a key, for assertions.
    func value(_ key: String) -> [UInt8]? {
        state.withLock { live(Array(key.utf8), $0)?.value }
    }

    private func live(
        _ name: [UInt8], _ state: State
    ) -> (value: [UInt8], type: [UInt8], lsn: LSN, expiry: Expiry)? {
        guard let found = state.entries[name], !found.expiry.hasPassed(at: clock.now()) else {
            return nil
        }
        return found
    }

    private func find(_ key: KeyView, _ state: inout State, _ body: (EntryView) -> Void) -> Bool {
        guard let found = live(Array(key.bytes), state) else { return false }
        found.value.withUnsafeBytes { value in
            found.type.withUnsafeBytes { type in
                body(
                    EntryView(
                        value: value, contentType: type, lsn: found.lsn, expiry: found.expiry))
            }
        }
        return true
    }

    private func holds(_ condition: WriteCondition, _ version: LSN?) -> Bool {
        switch condition {
        case .none: true
        case .absent: version == nil
        case .present: version != nil
        case .version(let wanted): version == wanted
        case .notVersion(let refused): version != refused
        }
    }
}

extension OwnedEntry {
    fileprivate static func make(_ value: [UInt8]) -> OwnedEntry {
        value.withUnsafeBytes {
            let empty = UnsafeRawBufferPointer(start: nil, count: 0)
            return OwnedEntry(
                EntryContent(key: empty, contentType: empty, value: $0, lsn: .zero, expiry: .never))
        }
    }
}
