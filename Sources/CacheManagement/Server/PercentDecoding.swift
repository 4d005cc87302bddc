/// Percent-decoding of a path or a query.
enum PercentDecoding {
    /// The bytes that `text` stands for; nil for a malformed encoding.
    static func bytes(_ text: some StringProtocol, plusIsSpace: Bool = false) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit),
                    let low = rest.popFirst().flatMap(digit)
                else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// The fields of a query, each once.
struct QueryFields {
    private var values: [String: String] = [:]

    /// - Throws: `ManagementProblem` where one is malformed or stands twice.
    init(_ query: String?) throws(ManagementProblem) {
        for field in (query ?? "").split(separator: "&") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.text(parts[0]),
                let value = Self.text(parts.count > 1 ? parts[1] : "")
            else { throw .badRequest("A query parameter is not UTF-8 in percent-encoding.") }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .badRequest("The query parameter \"\(name)\" stands twice.")
            }
        }
    }

    subscript(name: String) -> String? { values[name] }

    private static func text(_ part: Substring) -> String? {
        PercentDecoding.bytes(part, plusIsSpace: true).flatMap {
            String(validating: $0, as: UTF8.self)
        }
    }
}
