package import CacheBase

/// Names of the files and folders of a data folder.
package struct StoreLayout: Sendable {
    package let directory: String

    package init(directory: String) { self.directory = directory }

    package var store: String { directory + "/STORE" }
    package var checkpoint: String { directory + "/CHECKPOINT" }
    package var clock: String { directory + "/CLOCK" }
    package var log: String { directory + "/wal" }
    package var segments: String { directory + "/segments" }

    package func segment(_ id: SegmentID) -> String { segments + "/" + Self.name(id) + ".seg" }
    package func hint(_ id: SegmentID) -> String { segments + "/" + Self.name(id) + ".hint" }

    /// The full-text index of a segment's values; anybody may delete it, and it is made again.
    package func search(_ id: SegmentID) -> String { segments + "/" + Self.name(id) + ".fts" }

    /// Sixteen hexadecimal digits.
    private static func name(_ id: SegmentID) -> String {
        let digits = String(id.rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The segment that a file of the `segments` folder belongs to.
    package static func segmentID(ofFile name: String) -> SegmentID? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 16,
            ["seg", "hint", "fts"].contains(parts[1])
        else { return nil }
        return UInt64(parts[0], radix: 16).map(SegmentID.init)
    }

    /// Entries of a data folder that do not make it somebody else's.
    static let ignoredNames: Set<String> = [
        "LOCK", "lost+found", "dcs.ports.json", "overrides.toml",
    ]
}
