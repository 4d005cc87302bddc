import CacheBase
import CacheEngine
import CacheFiles

/// Calls on transactions as a client makes them: they wait for the disk and for durability.
extension Rig {
    func begin() throws -> TransactionID {
        guard let id = try engine.transactions.start(mayBlock: true) else {
            throw StorageError(.invalid, "a start that may block starts")
        }
        return id
    }

    /// The value that a transaction sees; nil for a miss.
    func value(_ key: String, in id: TransactionID) throws -> String? {
        try engine.value(key, in: id)
    }

    @discardableResult
    func put(
        _ key: String, _ value: String, ttl: UInt64? = nil, if condition: WriteCondition = .none,
        in id: TransactionID
    ) throws -> WriteReceipt.Outcome {
        let expiry = ttl.map { Expiry(milliseconds: $0, after: clock.now()) } ?? .never
        return try engine.put(key, value, expiry: expiry, if: condition, in: id)
    }

    @discardableResult
    func remove(
        _ key: String, if condition: WriteCondition = .none, in id: TransactionID
    ) throws -> WriteReceipt.Outcome {
        try engine.settle { engine in
            try Array(key.utf8).withUnsafeBytes {
                try engine.transactions.remove(
                    id, engine.key($0), condition: condition, scratch: ReadScratch(),
                    mayBlock: true)
            }
        }
    }

    /// - Returns: the version of the commit, which is durable.
    @discardableResult
    func commit(_ id: TransactionID) throws -> LSN { try engine.commit(id) }

    /// True where the commit is refused for a conflict.
    func conflicts(_ id: TransactionID) throws -> Bool {
        do {
            try commit(id)
            return false
        } catch TransactionError.conflict {
            return true
        }
    }

    func state(_ id: TransactionID) throws -> TransactionState { try engine.state(of: id) }
}

extension Engine {
    func value(_ key: String, in id: TransactionID) throws -> String? {
        try Array(key.utf8).withUnsafeBytes { raw in
            while true {
                var found: String?
                let outcome = try transactions.read(
                    id, self.key(raw), scratch: ReadScratch(), mayBlock: true
                ) { found = String(decoding: $0.value, as: UTF8.self) }
                switch outcome {
                case .hit, .miss: return found
                case .notDurable(let lsn): try waitUntilDurable(lsn)
                case .wouldBlock: throw StorageError(.invalid, "a read that may block reads")
                }
            }
        }
    }

    @discardableResult
    func put(
        _ key: String, _ value: String, expiry: Expiry = .never,
        if condition: WriteCondition = .none, in id: TransactionID
    ) throws -> WriteReceipt.Outcome {
        try settle { engine in
            try Array(key.utf8).withUnsafeBytes { key in
                try Array(value.utf8).withUnsafeBytes { value in
                    try engine.transactions.put(
                        id, engine.key(key), value: value,
                        contentType: UnsafeRawBufferPointer(start: nil, count: 0), expiry: expiry,
                        condition: condition, scratch: ReadScratch(), mayBlock: true)
                }
            }
        }
    }

    /// Repeats a write until what its condition saw is durable.
    func settle(
        _ write: (Engine) throws -> TransactionWrite
    ) throws -> WriteReceipt.Outcome {
        while true {
            switch try write(self) {
            case .taken(let outcome): return outcome
            case .notDurable(let lsn): try waitUntilDurable(lsn)
            case .wouldBlock: throw StorageError(.invalid, "a write that may block writes")
            }
        }
    }

    @discardableResult
    func commit(_ id: TransactionID) throws -> LSN {
        switch try transactions.commit(id, scratch: ReadScratch(), mayBlock: true) {
        case .committed(let lsn):
            try waitUntilDurable(lsn)
            return lsn
        case .wouldBlock: throw StorageError(.invalid, "a commit that may block commits")
        }
    }

    func state(of id: TransactionID) throws -> TransactionState {
        while true {
            switch transactions.state(of: id) {
            case .known(let state): return state
            case .notDurable(let lsn): try waitUntilDurable(lsn)
            }
        }
    }
}
