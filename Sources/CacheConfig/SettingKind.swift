/// What values a setting takes: the type, the range, and how a given value is read.
package enum SettingKind: Sendable {
    /// Bytes: an integer, or a text with a unit.
    case bytes(ClosedRange<UInt64>)
    /// Seconds: a number, or a text with a unit. The range is in milliseconds.
    case seconds(ClosedRange<UInt64>)
    case count(ClosedRange<UInt64>)
    case boolean
    case choice([String])
    /// Any text that is not empty.
    case text
    /// The name of a file or folder.
    case path
    /// An IP address or `localhost`.
    case address
    /// An `https` address.
    case url
    /// A text that is shown to nobody.
    case secret(bytesMin: Int)

    /// What is allowed, to end a sentence with.
    package var allowed: String {
        switch self {
        case .bytes(let range):
            "bytes from \(Quantity.shownBytes(range.lowerBound)) to "
                + "\(Quantity.shownBytes(range.upperBound)), as an integer or as in \"512MiB\""
        case .seconds(let range):
            "seconds from \(Quantity.shownSeconds(range.lowerBound)) to "
                + "\(Quantity.shownSeconds(range.upperBound)), as a number or as in \"5m\""
        case .count(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .choice(let names): names.map { "\"\($0)\"" }.joined(separator: ", ")
        case .text: "a text that is not empty"
        case .path: "the path of a file or folder"
        case .address: "an IP address, or \"localhost\""
        case .url: "an address that begins with \"https://\""
        case .secret(let bytesMin): "a text of at least \(bytesMin) bytes"
        }
    }

    /// Accepts a given value or says why not.
    /// - Throws: `Refusal`, whose reason never holds a secret.
    func accept(_ given: GivenValue) throws(Refusal) -> SettingValue {
        switch self {
        case .bytes(let range): try accept(bytes(given), within: range, given)
        case .seconds(let range): try accept(milliseconds(given), within: range, given)
        case .count(let range): try accept(count(given), within: range, given)
        case .boolean: try boolean(given)
        case .choice(let names): try text(given) { names.contains($0) }
        case .text: try text(given) { !$0.isEmpty }
        case .path: try path(given)
        case .address: try text(given) { NetworkAddress($0) != nil }
        case .url: try text(given) { $0.hasPrefix("https://") && $0.utf8.count > 8 }
        case .secret(let bytesMin): try secret(given, bytesMin)
        }
    }
}

/// Why a value was not accepted.
struct Refusal: Error, Equatable {
    let reason: String
}

extension SettingKind {
    private func refused(_ given: GivenValue) -> Refusal {
        Refusal(reason: "\(given.shown) is not allowed; allowed: \(allowed)")
    }

    private func accept(
        _ value: UInt64?, within range: ClosedRange<UInt64>, _ given: GivenValue
    ) throws(Refusal) -> SettingValue {
        guard let value, range.contains(value) else { throw refused(given) }
        return .integer(value)
    }

    private func bytes(_ given: GivenValue) -> UInt64? {
        switch given {
        case .integer(let value): UInt64(exactly: value)
        case .text(let text): Quantity.bytes(text, bareScale: nil)
        case .characters(let text): Quantity.bytes(text, bareScale: 1)
        case .number, .boolean, .other: nil
        }
    }

    private func milliseconds(_ given: GivenValue) -> UInt64? {
        switch given {
        case .integer(let value): Quantity.milliseconds(Double(value), scale: 1000)
        case .number(let value): Quantity.milliseconds(value, scale: 1000)
        case .text(let text): Quantity.milliseconds(text, bareScale: nil)
        case .characters(let text): Quantity.milliseconds(text, bareScale: 1000)
        case .boolean, .other: nil
        }
    }

    private func count(_ given: GivenValue) -> UInt64? {
        switch given {
        case .integer(let value): UInt64(exactly: value)
        case .characters(let text): UInt64(text.trimmed)
        case .number, .boolean, .text, .other: nil
        }
    }

    private func boolean(_ given: GivenValue) throws(Refusal) -> SettingValue {
        switch given {
        case .boolean(let value): return .boolean(value)
        case .characters("true"): return .boolean(true)
        case .characters("false"): return .boolean(false)
        case .characters, .integer, .number, .text, .other: throw refused(given)
        }
    }

    private func text(
        _ given: GivenValue, where holds: (String) -> Bool
    ) throws(Refusal) -> SettingValue {
        switch given {
        case .text(let text), .characters(let text):
            guard holds(text) else { throw refused(given) }
            return .text(text)
        case .integer, .number, .boolean, .other: throw refused(given)
        }
    }

    private func path(_ given: GivenValue) throws(Refusal) -> SettingValue {
        let value = try text(given) { !$0.isEmpty }
        if case .text(let path) = value, Placeholder.isPath(path) {
            throw Refusal(
                reason: "\"\(path)\" is a placeholder; give the path of a file that exists, "
                    + "or remove the line")
        }
        return value
    }

    private func secret(_ given: GivenValue, _ bytesMin: Int) throws(Refusal) -> SettingValue {
        let secret: String
        switch given {
        case .text(let text), .characters(let text): secret = text
        case .integer, .number, .boolean, .other:
            throw Refusal(reason: "the value has the wrong type; allowed: \(allowed)")
        }
        guard !Placeholder.isSecret(secret) else {
            throw Refusal(
                reason: "the value is a placeholder that anybody can guess; "
                    + "make a secret with `openssl rand -base64 48`, or remove the line")
        }
        guard secret.utf8.count >= bytesMin else {
            throw Refusal(
                reason: "the secret has \(secret.utf8.count) bytes; allowed: \(allowed)")
        }
        return .secret(Secret(secret))
    }
}
