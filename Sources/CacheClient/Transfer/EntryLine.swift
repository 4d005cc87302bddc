package import CacheConsole
internal import FoundationEssentials

/// An entry as a line of an export, in the form that `dcs-inspect export` prints too.
package struct EntryLine: Equatable, Sendable {
    package var key: [UInt8]
    package var value: [UInt8]
    /// Nil where none was given at the write.
    package var contentType: String?
    /// Milliseconds since 1970; nil for never.
    package var expires: UInt64?
    /// The version; of no meaning to an import.
    package var lsn: UInt64?

    package init(
        key: [UInt8], value: [UInt8], contentType: String? = nil, expires: UInt64? = nil,
        lsn: UInt64? = nil
    ) {
        self.key = key
        self.value = value
        self.contentType = contentType
        self.expires = expires
        self.lsn = lsn
    }

    /// Why a line is no entry, in words.
    package struct Malformed: Error, Equatable {
        package let reason: String
    }

    private struct Fields: Decodable {
        var key: String
        var keyEncoding: String?
        var value: String
        var encoding: String?
        var contentType: String?
        var expires: UInt64?
        var lsn: UInt64?

        enum CodingKeys: String, CodingKey {
            case key, value, encoding, expires, lsn
            case keyEncoding = "key_encoding"
            case contentType = "content_type"
        }
    }

    /// Reads a line without its end. Members that it does not know are passed over.
    package init(line: [UInt8]) throws(Malformed) {
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: Data(line))
        } catch {
            throw Malformed(reason: Self.reason(error))
        }
        key = try Self.bytes(fields.key, fields.keyEncoding, of: "key")
        value = try Self.bytes(fields.value, fields.encoding, of: "value")
        contentType = fields.contentType
        expires = fields.expires
        lsn = fields.lsn
        if key.isEmpty { throw Malformed(reason: "the key is empty") }
    }

    private static func bytes(
        _ text: String, _ encoding: String?, of name: String
    ) throws(Malformed) -> [UInt8] {
        switch encoding {
        case nil: return Array(text.utf8)
        case "base64"?:
            guard let bytes = Base64.bytes(text) else {
                throw Malformed(reason: "the \(name) is not base64")
            }
            return bytes
        case let other?:
            throw Malformed(reason: "the \(name) has the unknown encoding \"\(other)\"")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let name, _): "\"\(name.stringValue)\" is missing"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            context.codingPath.last.map { "\"\($0.stringValue)\" is of another type" }
                ?? "it is no JSON object"
        default: "it is not valid JSON"
        }
    }

    /// The line with its end.
    package var line: [UInt8] {
        let key = ReadableBytes(key)
        let value = ReadableBytes(value)
        var json = JSONText()
        json.raw("{\"key\":")
        json.string(key.text)
        json.raw(",\"key_encoding\":")
        json.write(key.isBase64 ? "base64" : nil)
        json.raw(",\"value\":")
        json.string(value.text)
        json.raw(",\"encoding\":")
        json.write(value.isBase64 ? "base64" : nil)
        json.raw(",\"content_type\":")
        json.write(contentType)
        json.raw(",\"expires\":" + (expires.map { String($0) } ?? "null"))
        json.raw(",\"lsn\":" + (lsn.map { String($0) } ?? "null") + "}\n")
        return json.bytes
    }
}

extension JSONText {
    /// A string, or null.
    fileprivate mutating func write(_ text: String?) {
        if let text { string(text) } else { raw("null" as StaticString) }
    }
}
