/// A parsed query: what `GET /search?q=` takes.
///
///     cache disk          documents with either word, those with both first
///     +cache -disk        must have, must not have
///     a AND (b OR NOT c)  the same in words; NOT binds before AND, AND before OR
///     "cold start"        one after the other
///     "start cold"~3      in any order, with at most three other words among them
///     cach*               words that begin so, and all forms of that word itself
///     cahce~1             words at most one change away: a letter more, less, other, or two swapped
///     title:cache         in that field of a JSON value; title:(a b) for several
///     size:[10 TO 20}     numbers, dates or words between; { and } leave the end out, * is open
///     cache^2             counts twice; weights within weights multiply up to a million
///     *                   everything
///
/// A backslash takes away the meaning of the character behind it.
package struct SearchQuery: Sendable, Equatable {
    /// Nil where no word is left of it: then it finds nothing.
    let root: QueryNode?
    package let text: String
    package let analysis: TextAnalysis

    /// - Throws: `syntax`, `tooLarge`.
    package init(_ text: String, _ analysis: TextAnalysis) throws(QueryError) {
        guard text.utf8.count <= SearchLimits.queryBytesMax else {
            throw QueryError(
                .tooLarge, "a query has at most \(SearchLimits.queryBytesMax) bytes")
        }
        var parser = QueryParser(Array(text.utf8), Analyzer(analysis))
        root = try parser.parse()
        self.text = text
        self.analysis = analysis
    }
}
