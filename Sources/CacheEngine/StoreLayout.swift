internal import CacheBase

/// Names of the files and folders of a data folder.
struct StoreLayout: Sendable {
    let directory: String

    var store: String { directory + "/STORE" }
    var checkpoint: String { directory + "/CHECKPOINT" }
    var clock: String { directory + "/CLOCK" }
    var log: String { directory + "/wal" }
    var segments: String { directory + "/segments" }

    func segment(_ id: SegmentID) -> String { segments + "/" + Self.name(id) + ".seg" }
    func hint(_ id: SegmentID) -> String { segments + "/" + Self.name(id) + ".hint" }

    /// Sixteen hexadecimal digits.
    private static func name(_ id: SegmentID) -> String {
        let digits = String(id.rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The segment that a file of the `segments` folder belongs to.
    static func segmentID(ofFile name: String) -> SegmentID? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 16, parts[1] == "seg" || parts[1] == "hint"
        else { return nil }
        return UInt64(parts[0], radix: 16).map(SegmentID.init)
    }

    /// Entries of a data folder that do not make it somebody else's.
    static let ignoredNames: Set<String> = ["LOCK", "lost+found", "dcs.ports.json"]
}
