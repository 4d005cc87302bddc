import CacheBase
import CacheEngine
import CacheFiles
import Testing

/// Two engines on disks of their own, the second a replica of the first.
final class ReplicaPair {
    static let all = (0..<Limits.partitions).map { Partition(rawValue: UInt16($0)) }

    let primary: Rig
    let replica: Rig
    private var keys: Set<String> = []

    init() throws {
        primary = try Rig()
        var options = Rig.smallOptions
        options.identitySeed = 2
        replica = try Rig(options)
        replica.engine.follow(Self.all)
    }

    /// What the replica has of each partition.
    var positions: [Partition: UInt64] {
        var positions: [Partition: UInt64] = [:]
        for (number, standing) in replica.engine.standings().enumerated() {
            positions[Self.all[number]] = standing.sequence ?? 0
        }
        return positions
    }

    /// One of the things that clients do.
    func write(using random: inout SplitMix64) throws {
        let key = "key \(Int.random(in: 0..<120, using: &random))"
        keys.insert(key)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: try primary.remove(key)
        case 1:
            var batch = WriteBatch(for: primary.options)
            for number in 0..<Int.random(in: 1...9, using: &random) {
                keys.insert("key \(number)")
                try batch.put("key \(number)", "batch \(random.next())", primary.engine)
            }
            _ = try primary.engine.apply(batch)
        case 2: try transact(key, using: &random)
        default:
            let length = Int.random(in: 0..<300, using: &random)
            try primary.put(key, "\(random.next())" + String(repeating: "x", count: length))
        }
    }

    private func transact(_ key: String, using random: inout SplitMix64) throws {
        let transactions = primary.engine.transactions
        let id = try #require(try transactions.start(mayBlock: true))
        for suffix in ["", " a", " b"] {
            keys.insert(key + suffix)
            let value = Array("transaction \(random.next())".utf8)
            _ = try Array((key + suffix).utf8).withUnsafeBytes { raw in
                try value.withUnsafeBytes { value in
                    try transactions.put(
                        id, primary.engine.key(raw), value: value,
                        contentType: .init(start: nil, count: 0), expiry: .never,
                        scratch: ReadScratch(), mayBlock: true)
                }
            }
        }
        _ = try transactions.commit(id, scratch: ReadScratch(), mayBlock: true)
    }

    /// Brings everything over that the log has, or a copy where it has not.
    func catchUp() throws {
        replica.engine.follow(Self.all)
        guard let shipper = primary.engine.ship(behind: positions) else { return try copyAll() }
        try drain(shipper)
    }

    private func drain(_ shipper: LogShipper) throws {
        while true {
            let page = shipper.next(bytesMax: 2000)
            try #require(!page.isTooFarBehind)
            _ = try apply(page.records)
            if page.isUpToDate { return }
        }
    }

    func apply(_ records: [UInt8]) throws(StorageError) -> Int {
        let result = records.withUnsafeBytes { raw -> Result<Int, StorageError> in
            Result { () throws(StorageError) in try replica.engine.apply(records: raw) }
        }
        return try result.get()
    }

    /// Makes the replica empty and without a position.
    func beginCopy() throws {
        replica.engine.follow(Self.all)
        for partition in Self.all {
            try replica.engine.setPosition(partition, nil, Epoch(rawValue: 1))
        }
        _ = try replica.engine.removeEntries(of: Set(Self.all))
    }

    func copyAll() throws {
        try beginCopy()
        let scan = try primary.engine.scan(Set(Self.all))
        while let page = try scan.next(bytesMax: 3000) {
            try page.withUnsafeBytes { try replica.engine.apply(copies: $0) }
        }
        for (partition, sequence) in scan.positions {
            try replica.engine.setPosition(partition, sequence, Epoch(rawValue: 1))
        }
        try drain(try #require(scan.shipper()))
    }

    /// Every key reads alike, and both stores are sound.
    func expectEqual() throws {
        for key in keys { #expect(try primary.value(key) == replica.value(key), "\(key)") }
        primary.engine.checkInvariants()
        replica.engine.checkInvariants()
        let standings = zip(primary.engine.standings(), replica.engine.standings())
        #expect(standings.allSatisfy { $0.sequence == $1.sequence })
    }
}
