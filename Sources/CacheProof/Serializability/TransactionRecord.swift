/// One transaction of a history, or a single write or read taken for one.
///
/// Times are numbers of one order over the whole history; versions are the store's LSNs.
package struct TransactionRecord: Sendable {
    /// What a transaction saw of a key, before any write of its own to it.
    package struct Read: Hashable, Sendable {
        package let key: String
        /// nil where there was no entry.
        package let value: ValueID?
        /// The version that came with the value, where one did.
        package let version: UInt64?

        package init(key: String, value: ValueID?, version: UInt64? = nil) {
            self.key = key
            self.value = value
            self.version = version
        }
    }

    package struct Write: Hashable, Sendable {
        package let key: String
        /// nil deletes.
        package let value: ValueID?

        package init(key: String, value: ValueID?) {
            self.key = key
            self.value = value
        }
    }

    package enum Outcome: Hashable, Sendable {
        /// Its writes have this version; nil for one that wrote nothing.
        case committed(version: UInt64?)
        /// Nothing of it was applied. What it read must have been true all the same.
        case aborted
        /// No answer to its commit.
        case unknown
    }

    /// For people.
    package let name: String
    package let reads: [Read]
    /// In order; only the last one of a key is ever to be seen.
    package let writes: [Write]
    package let outcome: Outcome
    package let began: Int
    /// nil where no answer came.
    package let ended: Int?

    package init(
        name: String, reads: [Read] = [], writes: [Write] = [], outcome: Outcome, began: Int,
        ended: Int?
    ) {
        precondition(ended.map { $0 > began } ?? true, "a transaction ends after it begins")
        self.name = name
        self.reads = reads
        self.writes = writes
        self.outcome = outcome
        self.began = began
        self.ended = ended
    }

    /// The last write of each key.
    var finalWrites: [String: ValueID?] {
        writes.reduce(into: [:]) { $0.updateValue($1.value, forKey: $1.key) }
    }
}
