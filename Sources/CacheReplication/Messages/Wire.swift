internal import CacheBase

/// Appends little-endian fields.
struct WireWriter {
    var bytes: [UInt8] = []

    mutating func u8(_ value: UInt8) { bytes.append(value) }
    mutating func u32(_ value: UInt32) { put(value) }
    mutating func u64(_ value: UInt64) { put(value) }

    private mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func lineage(_ lineage: Lineage) {
        u32(UInt32(lineage.leaderships.count))
        for leadership in lineage.leaderships {
            u64(UInt64(leadership.epoch.rawValue))
            u64(leadership.first)
        }
    }
}

/// Reads little-endian fields of bytes that may be hostile; nil where they have ended.
struct WireReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    mutating func u8() -> UInt8? {
        guard place < bytes.count else { return nil }
        defer { place += 1 }
        return bytes[place]
    }

    mutating func u32() -> UInt32? { take() }
    mutating func u64() -> UInt64? { take() }

    private mutating func take<Value: FixedWidthInteger & BitwiseCopyable>() -> Value? {
        let size = MemoryLayout<Value>.size
        guard bytes.count - place >= size else { return nil }
        defer { place += size }
        return bytes.withUnsafeBytes {
            Value(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Value.self))
        }
    }

    mutating func rest() -> [UInt8] {
        defer { place = bytes.count }
        return Array(bytes[place...])
    }

    mutating func partition() -> Partition? {
        guard let number = u32(), number < UInt32(Limits.partitions) else { return nil }
        return Partition(rawValue: UInt16(number))
    }

    mutating func lineage() -> Lineage? {
        guard let count = u32(), count <= UInt32(ReplicationLimits.leadershipsMax) else {
            return nil
        }
        var leaderships: [Lineage.Leadership] = []
        for _ in 0..<count {
            guard let epoch = u64(), let epoch = UInt32(exactly: epoch), let first = u64() else {
                return nil
            }
            leaderships.append(
                Lineage.Leadership(epoch: Epoch(rawValue: epoch), first: first))
        }
        return Lineage(leaderships)
    }

    /// A list of at most one element for each partition.
    mutating func list<Element>(_ element: (inout WireReader) -> Element?) -> [Element]? {
        guard let count = u32(), count <= UInt32(Limits.partitions) else { return nil }
        var elements: [Element] = []
        for _ in 0..<count {
            guard let next = element(&self) else { return nil }
            elements.append(next)
        }
        return elements
    }
}
