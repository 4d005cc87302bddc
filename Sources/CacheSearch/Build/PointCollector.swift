/// The numbers and times of JSON fields while an index is built: per field, what each document has.
struct PointCollector {
    /// A number, or a time in milliseconds since 1970.
    enum Kind: UInt8 {
        case number = 0x6E
        case time = 0x74
    }

    typealias Point = (value: Double, document: UInt32)
    private(set) var columns: [[UInt8]: [Point]] = [:]

    /// The name of a column: its kind, then the path.
    static func key(_ kind: Kind, path: some Collection<UInt8>) -> [UInt8] {
        [kind.rawValue] + Array(path)
    }

    mutating func add(
        _ kind: Kind, path: UnsafeRawBufferPointer, _ value: Double, _ document: UInt32
    ) {
        guard value.isFinite else { return }
        columns[Self.key(kind, path: path), default: []].append((value, document))
    }

    mutating func add(contentsOf points: [Point], to key: [UInt8]) {
        columns[key, default: []].append(contentsOf: points)
    }

    /// Removes what belongs to documents from `document` on.
    mutating func removeAll(from document: UInt32) {
        for key in Array(columns.keys) {
            columns[key]?.removeAll { $0.document >= document }
            if columns[key]?.isEmpty ?? false { columns[key] = nil }
        }
    }

    mutating func removeAll() { columns.removeAll() }

    /// Number of columns u32; for each the length of its name u16, the name, the number of points
    /// u32; then, from a multiple of eight, for each the values in order (f64) and, padded to
    /// eight, the documents (u32); at the end 16 zeros.
    func encoded() -> SectionBytes {
        let section = SectionBytes()
        let names = columns.keys.sorted { $0.lexicographicallyPrecedes($1) }
        section.put(UInt32(names.count))
        for name in names {
            section.put(UInt16(name.count))
            name.withUnsafeBytes { section.put($0) }
            section.put(UInt32(columns[name]?.count ?? 0))
        }
        section.pad()
        for name in names {
            let points = (columns[name] ?? []).sorted {
                ($0.value, $0.document) < ($1.value, $1.document)
            }
            for point in points { section.put(point.value.bitPattern) }
            for point in points { section.put(point.document) }
            section.pad()
        }
        // The last packed block may be read beyond its end.
        _ = section.extend(BitPacking.slack).initializeMemory(
            as: UInt8.self, repeating: 0, count: BitPacking.slack)
        return section
    }
}
