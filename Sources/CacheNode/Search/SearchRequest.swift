/// A search as a client asks for it.
package struct SearchRequest: Sendable {
    package var query: String
    package var limit: Int
    /// Hits left out before the first.
    package var offset: Int
    /// Marks what was found in the snippets.
    package var highlight: Bool
    /// Whether the client may read a key; nil where he may read every one.
    package var mayRead: (@Sendable (UnsafeRawBufferPointer) -> Bool)?

    package init(
        query: String, limit: Int = 10, offset: Int = 0, highlight: Bool = false,
        mayRead: (@Sendable (UnsafeRawBufferPointer) -> Bool)? = nil
    ) {
        self.query = query
        self.limit = limit
        self.offset = offset
        self.highlight = highlight
        self.mayRead = mayRead
    }
}

/// Answers a search; waits for the disk, so never on an event loop.
package typealias SearchSource = @Sendable (SearchRequest) -> ControlAnswer
