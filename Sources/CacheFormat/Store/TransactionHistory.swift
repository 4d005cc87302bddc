package import CacheBase

/// How the transactions of one incarnation ended, as a checkpoint keeps it: two bits each, in groups
/// of consecutive numbers.
///
///     incarnation u32, groups u32, first group u64, last end u64
///     each group: last end u64, form u32 (0 bits, 1 all committed), bits
package struct TransactionHistory: Sendable, Equatable {
    /// The numbers are on disk and never change.
    package enum Outcome: UInt64, Sendable {
        /// Open, or lost with its process.
        case none = 0
        case committed = 1
        case rolledBack = 2
        case timedOut = 3
    }

    /// Outcomes of 4,096 consecutive numbers.
    package struct Group: Sendable, Equatable {
        package static let size = 4096
        package static let words = size / 32
        fileprivate static let allCommitted: UInt64 = 0x5555_5555_5555_5555

        /// When the last of them ended; milliseconds since 1970.
        package var lastEnd: Timestamp
        package var bits: [UInt64]

        /// A group of which nothing is known.
        package init(lastEnd: Timestamp) {
            self.lastEnd = lastEnd
            bits = Array(repeating: 0, count: Self.words)
        }

        package subscript(place: Int) -> Outcome {
            get {
                let pair = bits[place / 32] >> UInt64(place % 32 * 2) & 3
                return Outcome(rawValue: pair).unsafelyUnwrapped
            }
            set {
                let shift = UInt64(place % 32 * 2)
                bits[place / 32] = bits[place / 32] & ~(3 << shift) | newValue.rawValue << shift
            }
        }

        /// Numbers whose outcome is known.
        package var ended: Int {
            bits.reduce(0) { sum, word in
                sum + ((word | word >> 1) & Self.allCommitted).nonzeroBitCount
            }
        }
    }

    package var incarnation: UInt32
    /// Number of the first group kept: its first sequence, divided by the size of a group.
    package var firstGroup: UInt64
    /// When the incarnation was last heard of.
    package var lastEnd: Timestamp
    package var groups: [Group]

    package init(
        incarnation: UInt32, firstGroup: UInt64, lastEnd: Timestamp, groups: [Group]
    ) {
        self.incarnation = incarnation
        self.firstGroup = firstGroup
        self.lastEnd = lastEnd
        self.groups = groups
    }
}

extension TransactionHistory {
    func write(to writer: inout ByteWriter) {
        writer.u32(incarnation)
        writer.u32(UInt32(groups.count))
        writer.u64(firstGroup)
        writer.u64(lastEnd.rawValue)
        for group in groups { group.write(to: &writer) }
    }

    /// Its groups' numbers are some that transactions come to.
    var isSound: Bool {
        firstGroup < Self.groupsMax && UInt64(groups.count) < Self.groupsMax - firstGroup
    }

    /// A number has forty bits for its sequence.
    private static let groupsMax = UInt64(1) << 40 / UInt64(Group.size)

    init(from reader: inout ByteReader) throws(ByteReader.Ended) {
        incarnation = try reader.u32()
        let count = try reader.u32()
        firstGroup = try reader.u64()
        lastEnd = Timestamp(rawValue: try reader.u64())
        groups = []
        for _ in 0..<count { groups.append(try Group(from: &reader)) }
    }
}

extension TransactionHistory.Group {
    private static let formBits: UInt32 = 0
    private static let formAllCommitted: UInt32 = 1

    fileprivate func write(to writer: inout ByteWriter) {
        writer.u64(lastEnd.rawValue)
        let isUniform = bits.allSatisfy { $0 == Self.allCommitted }
        writer.u32(isUniform ? Self.formAllCommitted : Self.formBits)
        if !isUniform { for word in bits { writer.u64(word) } }
    }

    fileprivate init(from reader: inout ByteReader) throws(ByteReader.Ended) {
        self.init(lastEnd: Timestamp(rawValue: try reader.u64()))
        if try reader.u32() == Self.formAllCommitted {
            bits = Array(repeating: Self.allCommitted, count: Self.words)
        } else {
            for index in bits.indices { bits[index] = try reader.u64() }
        }
    }
}
