/// Why requests are refused, for metrics: few words that never change, whatever the details.
enum RefusalReason: Int, CaseIterable {
    case malformed, tooLarge, slow
    case unauthenticated, forbidden
    case unknownPath, unknownTransaction
    case conflict, conditionFailed
    case overloaded, notWritable, diskFull, waitExpired
    case corruption, storage

    /// Nil for an answer that refuses nothing: a miss, or a probe's.
    init?(_ problem: Problem) {
        switch problem.status {
        case 401: self = .unauthenticated
        case 403: self = .forbidden
        case 404:
            if problem.isKind("not-found") { return nil }
            self = problem.isKind("unknown-path") ? .unknownPath : .unknownTransaction
        case 405: self = .unknownPath
        case 408: self = .slow
        case 409: self = .conflict
        case 412: self = .conditionFailed
        case 413: self = .tooLarge
        case 500: self = problem.isKind("corruption") ? .corruption : .storage
        case 429, 503: self = problem.isKind("overloaded") ? .overloaded : .notWritable
        case 504: self = .waitExpired
        case 507: self = .diskFull
        default: self = .malformed
        }
    }

    /// In lower case with underscores, as labels are written.
    var label: String {
        "\(self)".reduce(into: "") { text, character in
            text += character.isUppercase ? "_" + character.lowercased() : String(character)
        }
    }
}

extension Problem {
    fileprivate func isKind(_ name: StaticString) -> Bool {
        kind.utf8CodeUnitCount == name.utf8CodeUnitCount
            && UnsafeRawBufferPointer(start: kind.utf8Start, count: kind.utf8CodeUnitCount)
                .elementsEqual(
                    UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
}
