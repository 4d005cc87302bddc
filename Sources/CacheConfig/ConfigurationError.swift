/// Where a setting's value was given.
package enum SettingOrigin: Sendable, Equatable, CustomStringConvertible {
    case file(path: String, line: Int?)
    /// The variable's name.
    case environment(String)
    /// The flag as typed, such as `--set` or `--metrics-port`.
    case flag(String)
    /// Changed while the node ran.
    case runtime
    /// Several settings together, wherever they came from.
    case combination

    package var description: String {
        switch self {
        case .file(let path, let line): line.map { "\(path):\($0)" } ?? path
        case .environment(let name): "environment variable \(name)"
        case .flag(let flag): "flag \(flag)"
        case .runtime: "run time"
        case .combination: "settings"
        }
    }
}

/// Everything that is wrong with a configuration, so that one start shows all of it.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// One refused value.
    package struct Problem: Sendable, Equatable, CustomStringConvertible {
        package let origin: SettingOrigin
        /// The key as written; empty where the file as a whole is refused.
        package let key: String
        /// What is wrong and what is allowed. Never holds a secret's value.
        package let reason: String

        package init(_ origin: SettingOrigin, key: String, reason: String) {
            self.origin = origin
            self.key = key
            self.reason = reason
        }

        package var description: String {
            key.isEmpty ? "\(origin): \(reason)" : "\(origin): \(key): \(reason)"
        }
    }

    /// In the order found; never empty.
    package let problems: [Problem]

    package init(_ problems: [Problem]) {
        precondition(!problems.isEmpty, "a configuration error names at least one problem")
        self.problems = problems
    }

    /// True where nothing but the command line is at fault.
    package var isUsage: Bool {
        problems.allSatisfy { problem in
            if case .flag = problem.origin { true } else { false }
        }
    }

    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
