internal import Glibc

/// The text of a batch's last operation around its strings, to know its like again.
///
/// A client writes all operations of a batch alike: the same members in the same order with the
/// same white space. What stands between the strings of such an operation was read once; where
/// the same bytes stand there again, they mean the same, and only the strings are read.
///
/// Invariant: where `hasShape`, `model` is what `OperationFields` makes of an object that begins
/// with `lead`, goes on with a key and then, where `hasValue`, with `middle` and a value, and ends
/// with `tail`; the extents lie in the batch's text, and the strings' quotes in them.
struct OperationShape {
    private var model = OperationFields()
    private var lead = Extent.empty
    private var middle = Extent.empty
    private var tail = Extent.empty
    private var hasValue = false
    private var hasShape = false

    /// Keeps the shape of `fields`, which were read from `start` on up to `end`.
    mutating func keep(_ fields: OperationFields, from start: Int, to end: Int) {
        hasValue = fields.members.contains(.value)
        let key = fields.key.extent
        let last = hasValue ? fields.value.extent : key
        // A kind or a time to live may stand anywhere between, but a key behind its value is rare.
        hasShape = start < key.start && (!hasValue || key.end < last.start)
        guard hasShape else { return }
        model = fields
        lead = Extent(start, Int(key.start))
        middle = Extent(key.end, hasValue ? Int(last.start) : key.end)
        tail = Extent(last.end, end)
    }

    /// Reads an operation of the kept shape; nil, and nothing taken, where there is none.
    @inline(__always)
    func read(_ scanner: inout JSONScanner) throws(JSONFault) -> OperationFields? {
        guard hasShape else { return nil }
        let start = scanner.position
        var fields = model
        guard take(lead, &scanner) else { return nil }
        fields.key = try scanner.restOfString()
        if hasValue {
            guard take(middle, &scanner) else {
                scanner.goBack(to: start)
                return nil
            }
            fields.value = try scanner.restOfString()
        }
        guard take(tail, &scanner) else {
            scanner.goBack(to: start)
            return nil
        }
        return fields
    }

    /// Takes the same bytes as those at `extent`.
    @inline(__always)
    private func take(_ extent: Extent, _ scanner: inout JSONScanner) -> Bool {
        let count = Int(extent.count)
        guard let base = scanner.text.baseAddress, scanner.text.count - scanner.position >= count,
            memcmp(base + scanner.position, base + Int(extent.start), count) == 0
        else { return false }
        scanner.skip(count)
        return true
    }
}
