/// What of an index's statistics its live entries have: as if the dead ones had never been there.
///
/// Entries that died are looked for among a term's, whichever are fewer, so that an index without
/// dead entries costs nothing.
struct LiveStatistics {
    let part: SearchPart
    let budget: QueryBudget

    /// Live documents and their words.
    func totals() -> (documents: UInt64, words: UInt64) {
        let index = part.index
        return part.live.map { index.liveTotals.totals($0, of: index) }
            ?? (UInt64(index.documents), index.words)
    }

    /// Live documents that have a term.
    /// - Complexity: O(the fewer of dead entries and the term's documents), and O(entries / 64).
    func documents(_ info: TermInfo) -> Int {
        guard let live = part.live else { return info.documents }
        let cursor = PostingsCursor(part.index, info)
        var documents = info.documents
        while cursor.document != PostingsCursor.ended, !budget.mustStop(after: 1),
            let dead = live.firstDead(from: Int(cursor.document), below: part.index.entries)
        {
            if dead == Int(cursor.document) {
                documents -= 1
                cursor.next()
            } else {
                cursor.advance(to: UInt32(dead))
            }
        }
        return documents
    }
}
