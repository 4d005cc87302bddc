/// Finds the best documents of one term, block by block; blocks whose bound is too low are not
/// read.
enum TermSearch {
    static func run(_ term: WeightedTerm, _ live: LiveDocuments?, _ collector: Collector) {
        let cursor = term.cursor
        var counted = false
        if live == nil {
            // All documents of the term are found: no need to look at each of them.
            collector.count(cursor.info.documents)
            counted = true
        }
        while cursor.document != PostingsCursor.ended {
            let isCounting = collector.isCounting && !counted
            if !isCounting, cursor.hasImpacts,
                term.bound(cursor.entry(cursor.block).impact) <= collector.top.threshold
            {
                if !counted { collector.noteSkipped() }
            } else {
                scan(term, live, collector, counts: !counted)
            }
            if collector.mustStop(after: cursor.count) { return }
            cursor.nextBlock()
        }
    }

    private static func scan(
        _ term: WeightedTerm, _ live: LiveDocuments?, _ collector: Collector, counts: Bool
    ) {
        let cursor = term.cursor
        cursor.needFrequencies()
        for place in 0..<cursor.count {
            let document = cursor.documents[place]
            if let live, !live.isLive(Int(document)) { continue }
            if counts { collector.count(1) }
            let score = term.score(Float(cursor.frequencies[place]), document)
            collector.top.insert(score, collector.part, document)
        }
    }
}
