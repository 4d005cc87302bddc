internal import CacheBase

/// Messages as frames between nodes: a type, and a body of little-endian fields that begins with
/// the stream's number.
extension ReplicationMessage {
    private enum Kind: UInt8 {
        case follow = 16
        case copy, applied, cancel, accepted, records, entries, copied, ended
        case mark, marked
    }

    /// Types of frames that are messages.
    package static let types: ClosedRange<UInt8> = Kind.follow.rawValue...Kind.marked.rawValue

    package func encoded() -> (type: UInt8, body: [UInt8]) {
        var writer = WireWriter()
        writer.u32(stream)
        switch self {
        case .follow(_, let positions), .copy(_, let positions):
            writer.u32(UInt32(positions.count))
            for position in positions { writer.position(position) }
        case .applied(_, let position, let bytes):
            writer.u64(position.rawValue)
            writer.u64(bytes)
        case .cancel, .ended: break
        case .mark(_, let moment), .marked(_, let moment): writer.u64(moment)
        case .accepted(_, let origins, let needCopy, let refused):
            writer.origins(origins)
            writer.partitions(needCopy)
            writer.partitions(refused)
        case .records(_, let position, let page):
            writer.u64(position.rawValue)
            writer.page(page)
        case .entries(_, let page): writer.page(page)
        case .copied(_, let origins): writer.origins(origins)
        }
        return (kind.rawValue, writer.bytes)
    }

    /// Nil where the bytes are none.
    package init?(type: UInt8, body: [UInt8]) {
        var reader = WireReader(body)
        guard let kind = Kind(rawValue: type), let stream = reader.u32(),
            let message = Self.read(kind, stream, &reader), reader.isAtEnd
        else { return nil }
        self = message
    }

    private static func read(
        _ kind: Kind, _ stream: UInt32, _ reader: inout WireReader
    ) -> ReplicationMessage? {
        switch kind {
        case .follow: return reader.list { $0.position() }.map { .follow(stream: stream, $0) }
        case .copy: return reader.list { $0.position() }.map { .copy(stream: stream, $0) }
        case .applied:
            guard let position = reader.u64(), let bytes = reader.u64() else { return nil }
            return .applied(stream: stream, position: LSN(rawValue: position), bytes: bytes)
        case .cancel: return .cancel(stream: stream)
        case .ended: return .ended(stream: stream)
        case .mark: return reader.u64().map { .mark(stream: stream, moment: $0) }
        case .marked: return reader.u64().map { .marked(stream: stream, moment: $0) }
        case .accepted:
            guard let origins = reader.list({ $0.origin() }),
                let needCopy = reader.list({ $0.partition() }),
                let refused = reader.list({ $0.partition() })
            else { return nil }
            return .accepted(stream: stream, origins, needCopy: needCopy, refused: refused)
        case .records:
            guard let position = reader.u64(), let page = reader.page() else { return nil }
            return .records(stream: stream, position: LSN(rawValue: position), page)
        case .entries: return reader.page().map { .entries(stream: stream, $0) }
        case .copied: return reader.list { $0.origin() }.map { .copied(stream: stream, $0) }
        }
    }

    package var stream: UInt32 {
        switch self {
        case .follow(let stream, _), .copy(let stream, _), .applied(let stream, _, _),
            .cancel(let stream), .accepted(let stream, _, _, _), .records(let stream, _, _),
            .entries(let stream, _), .copied(let stream, _), .ended(let stream),
            .mark(let stream, _), .marked(let stream, _):
            stream
        }
    }

    private var kind: Kind {
        switch self {
        case .follow: .follow
        case .copy: .copy
        case .applied: .applied
        case .cancel: .cancel
        case .accepted: .accepted
        case .records: .records
        case .entries: .entries
        case .copied: .copied
        case .ended: .ended
        case .mark: .mark
        case .marked: .marked
        }
    }
}

extension WireWriter {
    fileprivate mutating func position(_ position: ReplicaPosition) {
        u32(UInt32(position.partition.rawValue))
        u32(position.epoch.rawValue)
        u64(position.sequence)
        u32(position.writtenIn.rawValue)
    }

    fileprivate mutating func origins(_ origins: [PartitionOrigin]) {
        u32(UInt32(origins.count))
        for origin in origins {
            u32(UInt32(origin.partition.rawValue))
            u64(origin.sequence)
            lineage(origin.lineage)
        }
    }

    fileprivate mutating func partitions(_ partitions: [Partition]) {
        u32(UInt32(partitions.count))
        for partition in partitions { u32(UInt32(partition.rawValue)) }
    }

    fileprivate mutating func page(_ page: PackedPage) {
        u32(UInt32(page.rawBytes))
        u8(page.isCompressed ? 1 : 0)
        bytes.append(contentsOf: page.bytes)
    }
}

extension WireReader {
    fileprivate mutating func position() -> ReplicaPosition? {
        guard let partition = partition(), let epoch = u32(), let sequence = u64(),
            let writtenIn = u32()
        else { return nil }
        return ReplicaPosition(
            partition: partition, epoch: Epoch(rawValue: epoch), sequence: sequence,
            writtenIn: Epoch(rawValue: writtenIn))
    }

    fileprivate mutating func origin() -> PartitionOrigin? {
        guard let partition = partition(), let sequence = u64(), let lineage = lineage() else {
            return nil
        }
        return PartitionOrigin(partition: partition, sequence: sequence, lineage: lineage)
    }

    fileprivate mutating func page() -> PackedPage? {
        guard let rawBytes = u32(), rawBytes <= UInt32(ReplicationLimits.pageBytesMax),
            let mark = u8(), mark < 2
        else { return nil }
        let bytes = rest()
        guard mark == 1 || bytes.count == Int(rawBytes) else { return nil }
        return PackedPage(rawBytes: Int(rawBytes), isCompressed: mark == 1, bytes: bytes)
    }
}
