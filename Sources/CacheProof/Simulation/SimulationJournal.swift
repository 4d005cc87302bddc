internal import CacheEngine

/// What clients were answered since the store was last started, for the checker of serializability.
///
/// Invariant: `time` numbers beginnings and ends in the order in which they happened.
struct SimulationJournal {
    private static let recordsMax = 4000

    private var records: [TransactionRecord] = []
    private var time = 0

    /// Begins anew with the entries that are there.
    mutating func begin(with entries: [(key: Int, version: StoreModel.Version)]) {
        records = []
        time = 0
        for (version, group) in Dictionary(grouping: entries, by: \.version.lsn) {
            let writes = group.map { Self.write($0.key, $0.version.value) }
            let began = tick()
            records.append(
                TransactionRecord(
                    name: "what was there of \(version)", writes: writes,
                    outcome: .committed(version: version), began: began, ended: tick()))
        }
    }

    mutating func tick() -> Int {
        time += 1
        return time
    }

    mutating func add(_ record: TransactionRecord) {
        // Far more than a life of the store has; what is beyond is left to the model alone.
        if records.count < Self.recordsMax { records.append(record) }
    }

    /// A write, a read or a batch of its own.
    mutating func addSingle(
        _ name: String, reads: [TransactionRecord.Read] = [],
        writes: [TransactionRecord.Write] = [], version: UInt64?
    ) {
        let began = tick()
        add(
            TransactionRecord(
                name: name, reads: reads, writes: writes,
                outcome: .committed(version: version), began: began, ended: tick()))
    }

    static func write(_ key: Int, _ value: ValueID?) -> TransactionRecord.Write {
        TransactionRecord.Write(key: "\(key)", value: value)
    }

    static func read(_ key: Int, _ entry: StoreModel.Version?) -> TransactionRecord.Read {
        TransactionRecord.Read(key: "\(key)", value: entry?.value, version: entry?.lsn)
    }

    /// What is wrong with the history; nil where nothing is.
    func anomaly() -> String? {
        switch SerializabilityChecker().check(records) {
        case .serializable: nil
        case .violated(let anomaly): anomaly
        case .undecided: "the history has too many possible orders"
        }
    }
}
