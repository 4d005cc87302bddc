/// Bytes as text: as they are where they are UTF-8, else in base64.
package struct ReadableBytes {
    package let text: String
    package let isBase64: Bool

    package init(_ bytes: UnsafeRawBufferPointer) {
        if let text = String(validating: bytes, as: UTF8.self) {
            self.text = text
            isBase64 = false
        } else {
            text = Base64.text(bytes)
            isBase64 = true
        }
    }

    package init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { ReadableBytes($0) }
    }
}

/// Base64 with padding (RFC 4648, section 4).
package enum Base64 {
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The text of some bytes.
    package static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let left = min(3, bytes.count - start)
            var group = UInt32(bytes[start]) << 16
            if left > 1 { group |= UInt32(bytes[start + 1]) << 8 }
            if left > 2 { group |= UInt32(bytes[start + 2]) }
            for place in 0..<4 {
                let digit = Int(group >> (18 - 6 * UInt32(place)) & 63)
                out.append(place <= left ? digits[digit] : UInt8(ascii: "="))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The bytes of a text; nil where it is none.
    package static func bytes(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        let pads = characters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard characters.count % 4 == 0, pads <= 2 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(characters.count / 4 * 3)
        var group: UInt32 = 0
        var bits: UInt32 = 0
        for character in characters.dropLast(pads) {
            guard let digit = value(of: character) else { return nil }
            group = group << 6 | UInt32(digit)
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            out.append(UInt8(truncatingIfNeeded: group >> bits))
        }
        return out
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
