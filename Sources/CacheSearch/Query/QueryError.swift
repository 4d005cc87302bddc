/// Why a query is not answered: always the asker's matter, with a text for people.
package struct QueryError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// Not in the language.
        case syntax
        /// More than a limit of `SearchLimits` allows.
        case tooLarge
    }

    package let kind: Kind
    package let message: String
    /// Where in the query, in bytes; nil where it is the query as a whole.
    package let offset: Int?

    init(_ kind: Kind, _ message: String, at offset: Int? = nil) {
        self.kind = kind
        self.message = message
        self.offset = offset
    }

    package var description: String {
        message + (offset.map { " (at byte \($0) of the query)" } ?? "")
    }
}
