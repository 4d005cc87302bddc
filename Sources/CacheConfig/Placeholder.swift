/// Values that documentation and examples show and that nobody means.
enum Placeholder {
    private static let secrets: Set<String> = [
        "secret", "password", "passwd", "default", "example", "placeholder", "none", "null",
        "jwt_secret", "secret_key", "jwt_secret_key", "my_secret", "my_secret_key", "mysecret",
        "my_jwt_secret", "supersecret", "super_secret", "super_secret_key", "topsecret", "insert",
    ]
    /// Parts that make any text a placeholder, however long it is.
    private static let parts = [
        "changeme", "change_me", "change_this", "your_jwt", "your_secret", "your_key",
        "your_super_secret", "replace_me", "replace_this", "insert_your", "placeholder",
    ]

    /// True for texts such as `your_jwt_secret` and `changeme`, in any case and with `-`, `_` or
    /// blanks between the words; also for the empty text.
    static func isSecret(_ text: String) -> Bool {
        let plain = normalised(text)
        if plain.isEmpty || secrets.contains(plain) { return true }
        if plain.hasPrefix("<") && plain.hasSuffix(">") { return true }
        if plain.hasPrefix("${") && plain.hasSuffix("}") { return true }
        return parts.contains { contains(plain, $0) }
    }

    /// True for paths such as `/path/to/cert.pem`, `/etc/ssl/your_cert.pem` and `<path>`.
    static func isPath(_ path: String) -> Bool {
        let plain = normalised(path)
        if plain.hasPrefix("<") && plain.hasSuffix(">") { return true }
        if plain.hasPrefix("/path/to") || plain.hasPrefix("path/to") { return true }
        return plain.split(separator: "/").contains { part in
            part.hasPrefix("your_") || part == "your" || part == "placeholder"
        }
    }

    private static func normalised(_ text: String) -> String {
        String(text.trimmed.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
        var rest = text[...]
        while !rest.isEmpty {
            if rest.hasPrefix(part) { return true }
            rest.removeFirst()
        }
        return false
    }
}
