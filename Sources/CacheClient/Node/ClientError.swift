/// Why a command did not do what was asked, in a sentence for people.
package struct ClientError: Error, Equatable, Sendable {
    /// What kind of a refusal it is.
    package enum Kind: Equatable, Sendable {
        /// What the person named is not of its form.
        case usage
        /// No answer.
        case unreachable
        /// The node's answer, by its status.
        case answered(Int)
        /// The node's answer or a file is not of its form, or cannot be read or written.
        case unusable
    }

    package let kind: Kind
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
