/// The text of a value that a snippet is cut from: of JSON the values, in order.
struct SnippetText: JSONVisitor {
    private var parts: [UInt8] = []

    /// Nil where the value is not indexed.
    static func text(of value: UnsafeRawBufferPointer) -> String? {
        guard let text = SearchIndexBuilder.text(of: value) else { return nil }
        if JSONWalk.mayBeJSON(text), text.count == value.count {
            var values = SnippetText()
            if JSONWalk.walk(text, &values) {
                return cut(String(decoding: values.parts, as: UTF8.self))
            }
        }
        return cut(String(decoding: text, as: UTF8.self))
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > SearchLimits.snippetScanBytes else { return text }
        return String(text[..<text.boundary(notBehind: SearchLimits.snippetScanBytes)])
    }

    mutating func text(_ path: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) {
        if !parts.isEmpty { parts.append(0x20) }
        parts.append(contentsOf: text)
    }

    mutating func number(_ path: UnsafeRawBufferPointer, _ number: UnsafeRawBufferPointer) {
        text(path, number)
    }
}

extension String {
    /// The last border between characters, as people see them, that is not behind a byte; within a
    /// character of more than `SearchLimits.characterBytesMax`, the last between scalars.
    /// - Complexity: O(length of the character).
    func boundary(notBehind byte: Int) -> String.Index {
        guard byte < utf8.count else { return endIndex }
        let place = scalarBoundary(notBehind: byte)
        guard place > startIndex, String.Index(place, within: self) == nil else { return place }
        // Cut within a character, what is left of it is the last one, and begins where it does.
        let start = self[..<place].index(before: place)
        let isHuge = utf8.distance(from: start, to: place) >= SearchLimits.characterBytesMax
        return isHuge ? place : start
    }

    /// The end of the character that begins at `start`, or a border within it where it is of more
    /// than `SearchLimits.characterBytesMax` bytes.
    func boundary(ofCharacterAt start: String.Index) -> String.Index {
        let byte = utf8.distance(from: startIndex, to: start) + SearchLimits.characterBytesMax
        guard byte < utf8.count else { return index(after: start) }
        let farthest = scalarBoundary(notBehind: byte)
        return self[..<farthest].index(after: start)
    }

    private func scalarBoundary(notBehind byte: Int) -> String.Index {
        var place = utf8.index(startIndex, offsetBy: byte)
        while utf8[place] & 0xC0 == 0x80 { place = utf8.index(before: place) }
        return place
    }
}
