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
    /// The last border between characters, as people see them, that is not behind a byte.
    func boundary(notBehind byte: Int) -> String.Index {
        guard byte < utf8.count else { return endIndex }
        var place = utf8.index(startIndex, offsetBy: byte)
        while place > startIndex {
            if let index = String.Index(place, within: self) { return index }
            place = utf8.index(before: place)
        }
        return startIndex
    }
}
