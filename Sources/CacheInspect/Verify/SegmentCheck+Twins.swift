internal import CacheBase
internal import CacheFormat

extension SegmentCheck {
    /// Live entries that share their hash with another live entry: one of the two is a version that
    /// was overwritten.
    func twins(of hashes: Set<UInt64>) -> DamageList {
        var found = DamageList()
        for hash in live.matches(hashes) {
            let digits = String(hash, radix: 16)
            found.add(
                Damage(segment.name, "the key of hash \(digits) is live here and once more"))
        }
        return found
    }

    var fileBytes: UInt64 { segment.bytes }
}
