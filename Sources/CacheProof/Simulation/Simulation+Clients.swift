internal import CacheBase
internal import CacheEngine

/// What clients do, one step of one client at a time.
extension Simulation {
    func advance(_ number: Int) throws {
        switch clients[number].activity {
        case .idle: try begin(number)
        case .awaitingSync(let lsn):
            clients[number].activity = .idle
            try awaitSync(lsn)
        case .readingCold(let key, let cold, let expected):
            clients[number].activity = .idle
            try finishRead(key, cold, expected, clients[number].scratch)
        case .updating(let key, let version):
            clients[number].activity = .idle
            try put(key, if: .version(LSN(rawValue: version)), by: number)
        case .inTransaction(let transaction):
            try advance(transaction, of: number)
        }
    }

    private func begin(_ number: Int) throws {
        let key = random.below(profile.keys)
        if random.below(16) < profile.transactionsOfSixteen { return try beginTransaction(number) }
        switch random.below(32) {
        case 0..<11: try put(key, if: .none, by: number)
        case 11..<13: try put(key, if: drawCondition(key), by: number)
        case 13..<16: try remove(key, if: .none, by: number)
        case 16: try remove(key, if: drawCondition(key), by: number)
        case 17..<26: try read(key, by: number)
        case 26..<29: try beginUpdate(key, number)
        default: try applyBatch(by: number)
        }
    }

    /// A condition that holds now, does not, or never could.
    private func drawCondition(_ key: Int) -> WriteCondition {
        let version = LSN(rawValue: model.newest(of: key)?.lsn ?? 7)
        switch random.below(6) {
        case 0: return .absent
        case 1: return .present
        case 2: return .version(version)
        case 3: return .notVersion(version)
        case 4: return .version(LSN(rawValue: version.rawValue / 2))
        default: return .notVersion(.zero)
        }
    }

    /// With `SyncMode.always` a write is answered when it is durable.
    func answer(_ lsn: UInt64, by number: Int) {
        if engine.answersWaitForSync { clients[number].activity = .awaitingSync(lsn) }
    }

    private func awaitSync(_ lsn: UInt64) throws {
        guard try attempt("wait", { try engine.waitUntilDurable(LSN(rawValue: lsn)) }) != nil
        else { return }
        trace.note("durable", lsn)
        try check(engine.durableLSN.rawValue >= lsn, "\(lsn) was to be durable and is not")
    }
}

extension Simulation {
    func withKey<Result>(_ key: Int, _ body: (KeyView) throws -> Result) rethrows -> Result {
        try ValueBytes.key(key).withUnsafeBytes { try body(engine.key($0)) }
    }
}
