internal import CacheBase
internal import Glibc

/// The content of one simulated file: what programs see, and what a power loss leaves of it.
///
/// Invariants:
/// - `memory`, once there, holds the content and `bytes` is empty; its length is the file's.
/// - `believed` is nil unless a sync failed; then it is what the kernel takes for durable, and
///   where it differs from `durable` the difference is lost for good.
/// - `shortest` is the least length since the last sync: at most `count` and the believed length.
struct SimulatedInode: Sendable {
    /// The unit that a disk writes whole or not at all.
    static let sectorBytes = 512
    /// A larger file is refused: the simulation keeps every byte twice.
    static let fileBytesMax = 1 << 30

    private var bytes: [UInt8] = []
    private var memory: SimulatedMemory?
    private(set) var durable: [UInt8] = []
    private var believed: [UInt8]?
    private var shortest = 0
    /// Open files and mappings of it.
    var handles = 0

    var count: Int { memory?.length ?? bytes.count }

    /// A copy of what programs see.
    var content: [UInt8] { memory?.copy() ?? bytes }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        let length = min(buffer.count, count - offset)
        guard length > 0 else { return 0 }
        let source = offset..<(offset + length)
        withContent {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[source]))
        }
        return length
    }

    mutating func write(_ source: UnsafeRawBufferPointer, at offset: Int) {
        guard !source.isEmpty else { return }
        if offset + source.count > count { resize(to: offset + source.count) }
        let target = offset..<(offset + source.count)
        if let memory {
            UnsafeMutableRawBufferPointer(rebasing: memory.bytes[target]).copyMemory(from: source)
        } else {
            bytes.withUnsafeMutableBytes {
                UnsafeMutableRawBufferPointer(rebasing: $0[target]).copyMemory(from: source)
            }
        }
    }

    mutating func resize(to length: Int) {
        if length == count { return }
        precondition(
            memory == nil || isKnownUniquelyReferenced(&memory), "a mapped file keeps its length")
        detach()
        bytes.resize(to: length)
        shortest = min(shortest, length)
    }

    /// The pages of the file, the same for as long as anybody holds them.
    mutating func map() -> SimulatedMemory {
        if let memory { return memory }
        let pages = SimulatedMemory(length: bytes.count)
        pages.bytes.copyBytes(from: bytes)
        bytes = []
        memory = pages
        return pages
    }

    /// Leaves the pages to those who hold them; what they store from now on changes no file.
    mutating func detach() {
        guard memory != nil else { return }
        bytes = content
        memory = nil
    }

    /// Changes bytes as a bad disk does: seen at once and by every later start.
    mutating func damage(_ source: [UInt8], at offset: Int) {
        source.withUnsafeBytes { write($0, at: offset) }
        durable.overwrite(source, at: offset)
        believed?.overwrite(source, at: offset)
    }

    /// Cuts the file as if it had never been longer.
    mutating func damage(cuttingTo length: Int) {
        resize(to: length)
        durable.removeLast(max(0, durable.count - length))
        believed = nil
        shortest = min(length, durable.count)
    }

    private func withContent(_ body: (UnsafeRawBufferPointer) -> Void) {
        if let memory {
            body(UnsafeRawBufferPointer(memory.bytes))
        } else {
            bytes.withUnsafeBytes(body)
        }
    }
}

// MARK: - Durability

extension SimulatedInode {
    /// Makes durable what was changed since the last sync, whether that one failed or not.
    mutating func sync() {
        let current = content
        shortest = current.count
        guard let clean = believed else {
            durable = current
            return
        }
        for sector in Self.sectors(where: current, differsFrom: clean) {
            let part = sector.clamped(to: 0..<current.count)
            durable.resize(to: max(durable.count, part.upperBound))
            durable.overwrite(Array(current[part]), at: part.lowerBound)
        }
        if current.count != clean.count { durable.resize(to: current.count) }
        believed = durable == current ? nil : current
    }

    /// Fails as Linux does: the error is told once, and the pages that could not be written count
    /// as clean from then on. A later sync passes them over and succeeds.
    mutating func failSync() {
        believed = content
        shortest = count
    }

    /// A page that was made writable is dirty again, whatever the kernel believed of it before.
    mutating func makeDirty(_ range: Range<Int>) {
        guard var clean = believed else { return }
        let part = range.clamped(to: 0..<min(clean.count, durable.count))
        clean.overwrite(Array(durable[part]), at: part.lowerBound)
        believed = clean
    }

    /// Lets the kernel write back what it likes, as it may at any time.
    mutating func writeBack(using random: inout Xoshiro256) {
        if believed == nil { durable = survivor(using: &random) }
    }

    mutating func losePower(using random: inout Xoshiro256) {
        bytes = survivor(using: &random)
        memory = nil
        durable = bytes
        believed = nil
        shortest = bytes.count
    }

    /// What is left without power: of each dirty sector the new bytes or the old, by chance.
    ///
    /// The share that is kept differs from call to call, from nothing to everything.
    private func survivor(using random: inout Xoshiro256) -> [UInt8] {
        let current = content
        var survivor = durable
        survivor.resize(to: survivingLength(using: &random))
        let quartersKept = random.below(5)
        for sector in Self.sectors(where: current, differsFrom: believed ?? durable) {
            guard random.below(4) < quartersKept else { continue }
            let part = sector.clamped(to: 0..<min(current.count, survivor.count))
            survivor.overwrite(Array(current[part]), at: part.lowerBound)
        }
        return survivor
    }

    /// The old length, the new one, or any between the shortest and the longest since the sync.
    private func survivingLength(using random: inout Xoshiro256) -> Int {
        let clean = believed ?? durable
        if count == clean.count && shortest == count { return durable.count }
        switch random.below(4) {
        case 0: return durable.count
        case 1: return count
        default: return shortest + random.below(count - shortest + 1)
        }
    }

    /// The sectors in which two contents differ, also by one being longer.
    private static func sectors(
        where left: [UInt8], differsFrom right: [UInt8]
    ) -> [Range<Int>] {
        let end = max(left.count, right.count)
        return stride(from: 0, to: end, by: sectorBytes).lazy
            .map { $0..<min($0 + sectorBytes, end) }
            .filter { sector in
                let mine = sector.clamped(to: 0..<left.count)
                let other = sector.clamped(to: 0..<right.count)
                return mine != other || !left.isEqual(to: right, in: mine)
            }
    }
}

extension [UInt8] {
    fileprivate mutating func resize(to length: Int) {
        if length < count {
            removeLast(count - length)
        } else {
            self += [UInt8](repeating: 0, count: length - count)
        }
    }

    /// Replaces bytes in place; what lies past the end is dropped.
    fileprivate mutating func overwrite(_ source: [UInt8], at offset: Int) {
        let part = (offset..<(offset + source.count)).clamped(to: 0..<count)
        guard !part.isEmpty else { return }
        replaceSubrange(part, with: source.prefix(part.count))
    }

    /// By the C library, because a comparison byte by byte would be most of a simulation's time.
    fileprivate func isEqual(to other: [UInt8], in range: Range<Int>) -> Bool {
        withUnsafeBytes { mine in
            other.withUnsafeBytes { theirs in
                guard let mine = mine.baseAddress, let theirs = theirs.baseAddress else {
                    return range.isEmpty
                }
                return memcmp(mine + range.lowerBound, theirs + range.lowerBound, range.count) == 0
            }
        }
    }
}
