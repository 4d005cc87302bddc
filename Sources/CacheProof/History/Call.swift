/// One call of a client on one key: what was asked, what was answered, and when.
///
/// Times are numbers of one order over the whole history (`CallRecorder`), no clock.
package struct Call: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case read
        case put(ValueID, WriteRule)
        case delete(WriteRule)
    }

    package enum Answer: Hashable, Sendable {
        /// Of a read; nil where there was no entry.
        case found(ValueID?)
        /// Of a write; whether the key had an entry before, where the answer told.
        case applied(existed: Bool?)
        /// The write's rule did not hold; nothing was written.
        case refused
        /// An error that promises that nothing was written, or a read without an answer.
        case failed
        /// None came: the write may take effect at any later time, or never.
        case unknown
    }

    package let client: Int
    package let key: String
    package let action: Action
    package let answer: Answer
    package let invoked: Int
    /// nil where no answer came.
    package let returned: Int?

    package init(
        client: Int, key: String, action: Action, answer: Answer, invoked: Int, returned: Int?
    ) {
        precondition(returned.map { $0 > invoked } ?? true, "a call ends after it begins")
        self.client = client
        self.key = key
        self.action = action
        self.answer = answer
        self.invoked = invoked
        self.returned = returned
    }

    package var isRead: Bool { action == .read }
}

extension Call: CustomStringConvertible {
    package var description: String {
        let asked =
            switch action {
            case .read: "read"
            case .put(let value, let rule): "put \(value) if \(rule)"
            case .delete(let rule): "delete if \(rule)"
            }
        let answered =
            switch answer {
            case .found(let value): value.map { "\($0)" } ?? "no entry"
            case .applied(let existed):
                "applied" + (existed.map { $0 ? ", replaced" : ", was absent" } ?? "")
            case .refused: "refused"
            case .failed: "failed"
            case .unknown: "no answer"
            }
        let end = returned.map { "\($0)" } ?? "…"
        return "[\(invoked)–\(end)] client \(client): \(asked) of \(key): \(answered)"
    }
}
