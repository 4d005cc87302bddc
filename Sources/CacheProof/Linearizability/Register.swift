/// What one key does by the book: a value or none, changed by one call at a time.
enum Register {
    /// What a call does to a key that has `value`, if its answer fits that at all.
    enum Effect: Equatable {
        case impossible
        case becomes(ValueID?)
    }

    static func effect(of call: Call, on value: ValueID?) -> Effect {
        switch call.action {
        case .read: call.answer == .found(value) ? .becomes(value) : .impossible
        case .put(let new, let rule): effect(of: call.answer, rule, writing: new, on: value)
        case .delete(let rule): effect(of: call.answer, rule, writing: nil, on: value)
        }
    }

    private static func effect(
        of answer: Call.Answer, _ rule: WriteRule, writing new: ValueID?, on value: ValueID?
    ) -> Effect {
        switch answer {
        case .applied(let existed):
            if let existed, existed != (value != nil) { return .impossible }
            return rule.holds(for: value) ? .becomes(new) : .impossible
        case .unknown:
            // Taken for an effect only where it has one: otherwise it may as well wait.
            return rule.holds(for: value) && value != new ? .becomes(new) : .impossible
        case .refused:
            return rule.holds(for: value) ? .impossible : .becomes(value)
        case .found, .failed:
            return .impossible
        }
    }
}
