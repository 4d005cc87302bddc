internal import Synchronization

/// Writes down the calls of concurrent clients: a number when each begins, another when its answer
/// is there.
///
/// Invariant: numbers are given in the order of the recorder's lock, so that a call which ended
/// before another began has the smaller numbers.
package final class CallRecorder: Sendable {
    /// A call under way, for `end`.
    package struct Token: Sendable {
        fileprivate let index: Int
    }

    private struct Entry {
        let client: Int
        let key: String
        let action: Call.Action
        let invoked: Int
        var answer = Call.Answer.unknown
        var returned: Int?
    }

    private struct State {
        var entries: [Entry] = []
        var time = 0
        var nextValue = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// A value that no other write of the history has.
    package func newValue() -> ValueID {
        state.withLock { state in
            state.nextValue += 1
            return ValueID(state.nextValue)
        }
    }

    /// The next number of the order; for what is recorded beside calls, such as transactions.
    package func tick() -> Int {
        state.withLock { state in
            state.time += 1
            return state.time
        }
    }

    /// Call it before the request is sent.
    package func begin(client: Int, key: String, _ action: Call.Action) -> Token {
        state.withLock { state in
            state.time += 1
            state.entries.append(
                Entry(client: client, key: key, action: action, invoked: state.time))
            return Token(index: state.entries.count - 1)
        }
    }

    /// Call it when the answer is there; never, or with `.unknown`, where none comes.
    package func end(_ token: Token, _ answer: Call.Answer) {
        guard answer != .unknown else { return }
        state.withLock { state in
            state.time += 1
            state.entries[token.index].answer = answer
            state.entries[token.index].returned = state.time
        }
    }

    /// All calls so far, in the order of their beginning.
    package var calls: [Call] {
        state.withLock { state in
            state.entries.map {
                Call(
                    client: $0.client, key: $0.key, action: $0.action, answer: $0.answer,
                    invoked: $0.invoked, returned: $0.returned)
            }
        }
    }
}
