package import CacheBase
internal import CacheFormat

/// A key as a listing shows it.
package struct ListedKey: Sendable, Equatable {
    package let key: [UInt8]
    package let valueBytes: Int
    package let lsn: LSN
    package let expiry: Expiry

    init(_ content: EntryContent) {
        key = Array(content.key)
        valueBytes = content.value.count
        lsn = content.lsn
        expiry = content.expiry
    }
}

/// Where a listing goes on: a place in the index, as a number that may be shown.
package struct ListingPlace: Sendable, Equatable, RawRepresentable {
    /// Shard in the upper 32 bits, slot in the lower ones.
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    fileprivate init(shard: Int, slot: UInt32) {
        rawValue = UInt64(shard) << 32 | UInt64(slot)
    }

    /// The index's first slot.
    package static let start = ListingPlace(shard: 0, slot: 1)

    fileprivate var shard: Int { Int(rawValue >> 32) }
    fileprivate var slot: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
}

extension Engine {
    /// Lists keys that begin with `prefix`, in no order; for people who look into a cache.
    ///
    /// Keys are not in the index, so each is read where it lies: in memory under its shard's lock,
    /// of which at most `slotsPerLock` slots are looked at; on disk under none. One call looks at
    /// `entriesPerCall` entries at most and says where to go on; it waits for the disk. An entry
    /// written meanwhile may be missing, one that moved may come twice.
    /// - Returns: at most `limit` keys, and where to go on; nil at the end.
    package func keys(
        prefix: [UInt8], limit: Int, from start: ListingPlace
    ) -> (keys: [ListedKey], next: ListingPlace?) {
        var listing = KeyListing(parts: parts, prefix: prefix, limit: limit)
        let next = listing.run(from: start)
        return (listing.keys, next)
    }
}

/// One call of a listing.
private struct KeyListing {
    static let slotsPerLock: UInt32 = 64
    static let entriesPerCall = 2048

    let parts: EngineParts
    let prefix: [UInt8]
    let limit: Int
    var keys: [ListedKey] = []
    private var looked = 0
    private let scratch = ReadScratch()

    init(parts: EngineParts, prefix: [UInt8], limit: Int) {
        self.parts = parts
        self.prefix = prefix
        self.limit = limit
    }

    mutating func run(from start: ListingPlace) -> ListingPlace? {
        var shard = start.shard
        var slot = max(start.slot, 1)
        while shard < KeyIndex.shardCount {
            let (cold, next) = look(at: slot, of: shard)
            for read in cold { add(read) }
            if let next {
                slot = next
            } else {
                shard += 1
                slot = 1
            }
            let isEnough = keys.count >= limit || looked >= Self.entriesPerCall
            if isEnough, shard < KeyIndex.shardCount {
                return ListingPlace(shard: shard, slot: slot)
            }
        }
        return nil
    }

    /// Takes what is in memory of some slots.
    /// - Returns: what has to be read from disk, and the next slot; nil at the shard's end.
    private mutating func look(at first: UInt32, of number: Int) -> ([ColdRead], UInt32?) {
        var cold: [ColdRead] = []
        let room = UInt32(clamping: max(limit - keys.count, 1))
        let next = parts.index.withShard(number) { shard -> UInt32? in
            var id = first
            while id <= shard.highWater, id - first < min(Self.slotsPerLock, room) {
                let slot = shard.slot(id).pointee
                if !slot.isFree { take(slot.location, &cold) }
                id += 1
            }
            return id <= shard.highWater ? id : nil
        }
        return (cold, next)
    }

    private mutating func take(_ location: Location, _ cold: inout [ColdRead]) {
        looked += 1
        switch location.kind {
        case .log: add(parts.log.table.entry(at: location).content)
        case .hot: add(parts.hot.entry(at: location).content)
        case .segment:
            cold.append(ColdRead(segment: parts.segments.segment(location), location: location))
        case .none: preconditionFailure("an occupied slot has a location")
        }
    }

    /// What cannot be read is left out: whoever asks for the entry is told why.
    private mutating func add(_ read: ColdRead) {
        let loaded = try? LoadedBlock(
            read.segment, block: read.location.block, scratch: scratch, mayBlock: true)
        guard let block = loaded ?? nil, let content = try? block.entry(read.location.entry) else {
            return
        }
        add(content)
    }

    private mutating func add(_ content: EntryContent) {
        guard content.key.starts(with: prefix), !content.hasExpired(parts.clock) else { return }
        keys.append(ListedKey(content))
    }
}
