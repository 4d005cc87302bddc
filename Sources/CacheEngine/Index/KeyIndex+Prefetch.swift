internal import CShims
internal import CacheBase
internal import CacheFormat

/// Prefetching without locks, one step of the chain at a time: line, slot, entry.
///
/// What is read here may be changing meanwhile. Nothing is decided by it: memory of lines, slots
/// and chunks stays mapped as long as the engine lives, so a stale address costs a wasted load.
extension KeyIndex {
    /// Once the line is there: starts loading the slot that a lookup will most likely end at.
    @inline(__always)
    func prefetchSlot(_ hash: UInt64) {
        if let slot = likelySlot(hash) {
            dcs_prefetch(slot)
            dcs_prefetch(UnsafeRawPointer(slot) + MemoryLayout<Slot>.stride - 1)
        }
    }

    /// The slot of the first word of the home line with the hash's tag.
    @inline(__always)
    func likelySlot(_ hash: UInt64) -> UnsafeMutablePointer<Slot>? {
        let words = line(hash)
        let candidates = dcs_match_tags(words, IndexTable.tag(hash)) & IndexPage.wordMask
        guard candidates != 0 else { return nil }
        let id = dcs_atomic_load32(words + candidates.trailingZeroBitCount) >> 8
        guard id != 0 else { return nil }
        return withUnlockedShard(of: hash) { $0.slotIfPresent(id) }
    }
}

extension EngineParts {
    func key(_ bytes: UnsafeRawBufferPointer) -> KeyView {
        let hash = hash(bytes)
        index.prefetchLine(hash)
        return KeyView(bytes: bytes, hash: hash)
    }

    func prefetch(_ keys: UnsafeBufferPointer<KeyView>) {
        for key in keys { index.prefetchSlot(key.hash) }
        for key in keys { prefetchEntry(key.hash) }
    }

    /// Once the slot is there: starts loading the entry, and the neighbours in the recency list.
    @inline(__always)
    private func prefetchEntry(_ hash: UInt64) {
        guard let slot = index.likelySlot(hash) else { return }
        let word = dcs_atomic_load(UnsafeRawPointer(slot).assumingMemoryBound(to: UInt64.self))
        let location = Location(rawValue: word)
        switch location.kind {
        case .hot: prefetchLines(hot.entry(at: location).head)
        case .log:
            if let entry = log.table.entryIfMapped(at: location) { prefetchLines(entry) }
        case .segment, .none: break
        }
    }

    /// Starts loading what tells the version of the entry at a slot's location. Under its lock.
    @inline(__always)
    func prefetchVersion(at location: Location) {
        switch location.kind {
        case .hot: dcs_prefetch(hot.entry(at: location).head)
        case .log:
            guard let entry = log.table.entryIfMapped(at: location) else { return }
            dcs_prefetch(entry)
            // The frame of a single write begins right before it.
            dcs_prefetch(entry - LogFrame.headBytes)
        case .segment: segments.segment(location).prefetch(location)
        case .none: break
        }
    }

    /// Most entries are two to three lines long.
    @inline(__always)
    private func prefetchLines(_ start: UnsafeRawPointer) {
        dcs_prefetch(start)
        dcs_prefetch(start + 64)
        dcs_prefetch(start + 128)
    }
}
