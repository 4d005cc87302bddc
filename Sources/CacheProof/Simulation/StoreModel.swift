/// What the store should hold: every version of every key, so that the state after any prefix of
/// the writes is known.
///
/// Invariant: the versions of a key ascend by LSN; those of one batch share it, in their order.
struct StoreModel {
    struct Version: Hashable {
        /// nil for a delete.
        let value: ValueID?
        let bytes: Int
        let lsn: UInt64
        /// Milliseconds since 1970; 0 never.
        let expiry: UInt64
        /// False for a delete whose entry may have been gone already: a transaction cannot tell
        /// this from no change.
        var isChange = true

        /// An entry is gone from the millisecond that its expiry names.
        func hasExpired(at now: UInt64) -> Bool { expiry != 0 && expiry <= now }
    }

    private var versions: [[Version]]
    /// By key: versions that somebody was told had expired. They must not come back.
    private var seenExpired: [Set<UInt64>]
    /// The newest time of all, in milliseconds.
    private var latest: UInt64 = 0
    private(set) var newest: UInt64 = 0

    init(keys: Int) {
        versions = [[Version]](repeating: [], count: keys)
        seenExpired = [Set<UInt64>](repeating: [], count: keys)
    }

    var keys: Range<Int> { versions.indices }

    mutating func write(_ key: Int, _ version: Version) {
        precondition(version.lsn >= versions[key].last?.lsn ?? 0, "versions ascend")
        versions[key].append(version)
        newest = max(newest, version.lsn)
    }

    /// The versions of all writes, ascending, and the time before the first.
    var prefixes: [UInt64] { Set(versions.joined().map(\.lsn)).union([0]).sorted() }

    /// The newest version of a key, deletes and what has expired included.
    func newest(of key: Int) -> Version? { versions[key].last }

    /// The newest write that changed a key for certain; zero where none did.
    func newestChange(of key: Int) -> UInt64 { versions[key].last(where: \.isChange)?.lsn ?? 0 }

    /// The entry that a client should find; nil where there is none.
    /// - Parameter lsn: writes after it are as if they had not been.
    func entry(_ key: Int, at now: UInt64, upTo lsn: UInt64 = .max) -> Version? {
        guard let version = versions[key].last(where: { $0.lsn <= lsn }), version.value != nil,
            !version.hasExpired(at: now), !seenExpired[key].contains(version.lsn)
        else { return nil }
        return version
    }

    /// True where the entry's last second is running or just over: a store that keeps seconds may
    /// count it as there or not.
    func isAboutToExpire(_ key: Int, at now: UInt64) -> Bool {
        guard let version = versions[key].last, version.value != nil, version.expiry != 0 else {
            return false
        }
        return version.expiry <= now && version.expiry + 1000 > now
    }

    /// Time has come so far.
    mutating func pass(_ now: UInt64) { latest = max(latest, now) }

    /// True where the entry had expired at some time. A store that lost power may be back at an
    /// earlier one, when what it has dropped for good is still missing.
    func hadExpired(_ key: Int) -> Bool { versions[key].last?.hasExpired(at: latest) ?? false }

    /// Somebody was told that the key has no entry.
    mutating func toldAbsent(_ key: Int, at now: UInt64) {
        guard let version = versions[key].last, version.value != nil, version.hasExpired(at: now)
        else { return }
        seenExpired[key].insert(version.lsn)
    }

    /// All writes after `lsn` are gone, as if they had never been.
    mutating func cut(after lsn: UInt64) {
        for key in keys { versions[key].removeAll { $0.lsn > lsn } }
        newest = min(newest, lsn)
    }

    /// What was told about the time was told by a machine that lost power meanwhile.
    mutating func forgetTime() { for key in keys { seenExpired[key] = [] } }
}
