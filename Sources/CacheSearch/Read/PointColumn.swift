internal import CacheFormat

/// The numbers or times of one field: values in order, and the documents that they are of.
struct PointColumn {
    let count: Int
    private let values: UnsafeRawPointer
    private let documents: UnsafeRawPointer

    func value(_ index: Int) -> Double { Double(bitPattern: values.u64(index * 8)) }
    func document(_ index: Int) -> UInt32 { documents.u32(index * 4) }

    /// Indexes of the values from `low` to `high`, both included.
    func range(_ low: Double, _ high: Double) -> Range<Int> {
        let start = firstIndex { $0 >= low }
        return start..<max(start, firstIndex { $0 > high })
    }

    private func firstIndex(_ isBehind: (Double) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(value(middle)) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The columns of a section, as `PointCollector.encoded` writes it.
    static func columns(_ section: UnsafeRawBufferPointer) -> [[UInt8]: PointColumn] {
        guard section.count >= 8, let base = section.baseAddress else { return [:] }
        var names: [([UInt8], Int)] = []
        var offset = 4
        for _ in 0..<base.u32(0) {
            let length = Int(base.u16(offset))
            let name = Array(section[(offset + 2)..<(offset + 2 + length)])
            names.append((name, Int(base.u32(offset + 2 + length))))
            offset += 6 + length
        }
        offset = aligned8(offset)
        var columns: [[UInt8]: PointColumn] = [:]
        for (name, count) in names {
            columns[name] = PointColumn(
                count: count, values: base + offset, documents: base + offset + count * 8)
            offset += aligned8(count * 12)
        }
        return columns
    }
}
