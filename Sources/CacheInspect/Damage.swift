/// One thing in a data folder that is not as it was written, or does not fit the rest.
package struct Damage: Error, Hashable, Sendable {
    /// The file, named from the data folder: `segments/0000000000000001.seg`.
    package let file: String
    /// Where in the file; nil where it is about the whole of it.
    package let offset: UInt64?
    /// What is wrong, as a sentence without a capital and a full stop.
    package let what: String

    package init(_ file: String, at offset: UInt64? = nil, _ what: String) {
        self.file = file
        self.offset = offset
        self.what = what
    }
}

extension Damage: Comparable {
    package static func < (left: Damage, right: Damage) -> Bool {
        (left.file, left.offset ?? 0, left.what) < (right.file, right.offset ?? 0, right.what)
    }
}

/// Collects damages up to `InspectLimits.damagesMax`, and counts the rest.
struct DamageList: Sendable {
    private(set) var listed: [Damage] = []
    private(set) var unlisted = 0

    var isEmpty: Bool { listed.isEmpty }

    mutating func add(_ damage: Damage) {
        if listed.count < InspectLimits.damagesMax {
            listed.append(damage)
        } else {
            unlisted += 1
        }
    }

    mutating func add(_ others: DamageList) {
        others.listed.forEach { add($0) }
        unlisted += others.unlisted
    }
}
