internal import CacheBase

/// Every whole version of every key that was found, and which of them is the newest.
///
/// 24 bytes a version. Two keys of one hash count as one, as they do for the engine.
struct Candidates {
    /// Where a version is: in a segment (twenty bits of segment, 32 of the block's offset in units
    /// of eight, twelve of the position in the block) or in the log (twenty bits set, 44 of number).
    struct Place: Hashable, Comparable, Sendable {
        let rawValue: UInt64

        static let logMark: UInt64 = (1 << 20 - 1) << 44

        static func segment(_ index: Int, offset: UInt64, position: Int) -> Place {
            Place(rawValue: UInt64(index) << 44 | (offset >> 3) << 12 | UInt64(position))
        }

        static func log(_ number: Int) -> Place { Place(rawValue: logMark | UInt64(number)) }

        static func < (left: Place, right: Place) -> Bool { left.rawValue < right.rawValue }
    }

    private struct Version {
        let hash: UInt64
        let lsn: UInt64
        let place: Place
    }

    private var versions: [Version] = []

    var count: Int { versions.count }

    mutating func add(_ hash: UInt64, _ lsn: LSN, _ place: Place) {
        versions.append(Version(hash: hash, lsn: lsn.rawValue, place: place))
    }

    /// The place of the newest version of each key, ascending.
    ///
    /// Of two copies of one version the later place counts; a later entry of one record overwrote
    /// an earlier one.
    mutating func newest() -> [Place] {
        versions.sort { ($0.hash, $0.lsn, $0.place) < ($1.hash, $1.lsn, $1.place) }
        var places: [Place] = []
        for index in versions.indices {
            let isLast = index + 1 == versions.count
            if isLast || versions[index + 1].hash != versions[index].hash {
                places.append(versions[index].place)
            }
        }
        places.sort()
        return places
    }
}
