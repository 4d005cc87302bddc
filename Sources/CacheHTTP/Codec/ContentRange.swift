/// The part of a value that a `Range` field asks for (RFC 9110, section 14).
enum ContentRange: Equatable {
    /// The whole value: the field is malformed, of another unit or of several ranges.
    case whole
    case part(Range<Int>)
    case unsatisfiable

    init(_ field: UnsafeRawBufferPointer, of count: Int) {
        guard field.count > 6, ASCII.equalsIgnoringCase(.init(rebasing: field[..<6]), "bytes=")
        else {
            self = .whole
            return
        }
        let spec = ASCII.trimmed(UnsafeRawBufferPointer(rebasing: field[6...]))
        guard let dash = spec.firstIndex(of: UInt8(ascii: "-")) else {
            self = .whole
            return
        }
        let first = Self.number(UnsafeRawBufferPointer(rebasing: spec[..<dash]))
        let last = Self.number(UnsafeRawBufferPointer(rebasing: spec[(dash + 1)...]))
        self = Self.range(first, last, count)
    }

    private enum Bound: Equatable { case absent, malformed, at(Int) }

    private static func range(_ first: Bound, _ last: Bound, _ count: Int) -> ContentRange {
        switch (first, last) {
        case (.malformed, _), (_, .malformed), (.absent, .absent): return .whole
        case (.absent, .at(let suffix)):
            guard suffix > 0, count > 0 else { return .unsatisfiable }
            return .part(max(0, count - suffix)..<count)
        case (.at(let start), .absent):
            return start < count ? .part(start..<count) : .unsatisfiable
        case (.at(let start), .at(let end)):
            guard start <= end else { return .whole }
            return start < count ? .part(start..<min(end, count - 1) + 1) : .unsatisfiable
        }
    }

    /// Numbers beyond any value's length stand for the largest.
    private static func number(_ digits: UnsafeRawBufferPointer) -> Bound {
        guard !digits.isEmpty else { return .absent }
        var number = 0
        for byte in digits {
            guard ASCII.isDigit(byte) else { return .malformed }
            number = min(number * 10 + Int(byte - 0x30), Int(Int32.max))
        }
        return .at(number)
    }
}
