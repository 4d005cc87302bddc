/// Cuts snippets for the hits of one query: the stretch of a text that has the most of what was
/// asked for. One for each thread.
package final class Highlighter {
    /// What is put around a word that was found. Where there are marks, `&`, `<` and `>` of the
    /// text are written as in HTML, so that the marks cannot be mistaken.
    package struct Marks: Sendable {
        package let start: String
        package let end: String

        package static let emphasis = Marks(start: "<em>", end: "</em>")
    }

    private let analyzer: Analyzer
    private var matched: MatchedWords

    package init(_ query: SearchQuery) {
        analyzer = Analyzer(query.analysis)
        matched = MatchedWords(query)
    }

    private struct Match {
        var range: Range<Int>
        var kind: Int
    }

    /// The best stretch of a value; nil where the value is neither text nor JSON.
    ///
    /// Never splits a character of up to `SearchLimits.characterBytesMax`; an ellipsis stands where text was left out.
    /// - Parameter bytesMax: of text, at most `SearchLimits.snippetBytesMax`; marks come on top.
    package func snippet(
        of value: UnsafeRawBufferPointer, bytesMax: Int = 200, marks: Marks? = nil
    ) -> String? {
        guard var text = SnippetText.text(of: value) else { return nil }
        text.makeContiguousUTF8()
        let (matches, words) = find(text)
        let room = min(max(bytesMax, 1), SearchLimits.snippetBytesMax)
        let stretch = stretch(matches, words, text.utf8.count, room)
        return write(text, stretch, matches, marks)
    }

    private func find(_ text: String) -> (matches: [Match], words: [Range<Int>]) {
        var matches: [Match] = []
        var words: [Range<Int>] = []
        Array(text.utf8).withUnsafeBytes { bytes in
            var segmenter = analyzer.words(bytes)
            while let word = segmenter.next() {
                words.append(word.start..<word.end)
                let length = analyzer.fold(word, of: bytes)
                guard length > 0 else { continue }
                let folded = Array(UnsafeBufferPointer(start: analyzer.folded, count: length))
                let term = analyzer.withTerm(length: length) { $0.map(Array.init) }
                if let term, let kind = matched.match(term: term, folded: folded) {
                    matches.append(Match(range: word.start..<word.end, kind: kind))
                }
            }
        }
        return (matches, words)
    }

    /// The bytes to show: around the matches within `room` that are of the most kinds.
    private func stretch(
        _ matches: [Match], _ words: [Range<Int>], _ count: Int, _ room: Int
    ) -> Range<Int> {
        guard count > room else { return 0..<count }
        guard let best = best(matches, room) else { return 0..<room }
        let context = max(0, room - best.count) / 2
        var start = max(0, best.lowerBound - context)
        if start > 0 {
            // Begins with a word, where one begins before the first match.
            let word = words.first { $0.lowerBound >= start }?.lowerBound ?? start
            start = min(word, best.lowerBound)
        }
        return start..<min(count, start + room)
    }

    private func best(_ matches: [Match], _ room: Int) -> Range<Int>? {
        var best: (range: Range<Int>, kinds: Int, matches: Int)?
        var last = 0
        var kinds: [Int: Int] = [:]
        for (first, match) in matches.enumerated() {
            last = max(last, first)
            while last < matches.count,
                matches[last].range.upperBound - match.range.lowerBound <= room
            {
                kinds[matches[last].kind, default: 0] += 1
                last += 1
            }
            let count = last - first
            if count > 0, (kinds.count, count) > (best?.kinds ?? 0, best?.matches ?? 0) {
                let end = matches[last - 1].range.upperBound
                best = (match.range.lowerBound..<end, kinds.count, count)
            }
            guard last > first else { continue }
            let left = (kinds[match.kind] ?? 1) - 1
            kinds[match.kind] = left > 0 ? left : nil
        }
        return best?.range ?? matches.first.map { $0.range.lowerBound..<$0.range.lowerBound }
    }

    private func write(
        _ text: String, _ stretch: Range<Int>, _ matches: [Match], _ marks: Marks?
    ) -> String {
        let start = text.boundary(notBehind: stretch.lowerBound)
        var end = text.boundary(notBehind: stretch.upperBound)
        // A character larger than the whole stretch is shown, and not an empty text.
        if end <= start, start < text.endIndex { end = text.boundary(ofCharacterAt: start) }
        // Asked for all at once: for a place within one long character each answer would be slow.
        let borders = Set(text[start..<end].indices).union([end])
        var snippet = start > text.startIndex ? "…" : ""
        var place = start
        for match in matches {
            let from = text.utf8.index(text.startIndex, offsetBy: match.range.lowerBound)
            let to = text.utf8.index(text.startIndex, offsetBy: match.range.upperBound)
            guard let marks, from >= place, borders.contains(from), borders.contains(to) else {
                continue
            }
            snippet += Self.shown(text[place..<from], marks)
            snippet += marks.start + Self.shown(text[from..<to], marks) + marks.end
            place = to
        }
        snippet += Self.shown(text[place..<end], marks)
        return snippet + (end < text.endIndex ? "…" : "")
    }

    /// Control characters, line ends among them, as spaces.
    private static func shown(_ text: Substring, _ marks: Marks?) -> String {
        var shown = ""
        for character in text {
            switch character {
            case "&" where marks != nil: shown += "&amp;"
            case "<" where marks != nil: shown += "&lt;"
            case ">" where marks != nil: shown += "&gt;"
            default:
                let isControl = character.unicodeScalars.allSatisfy { $0.value < 32 }
                shown.append(isControl ? " " : character)
            }
        }
        return shown
    }
}
