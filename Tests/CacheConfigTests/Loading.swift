import CacheConfig

/// A load of a configuration from texts in place of files, variables and flags.
struct Loading {
    var file: String?
    var fileName: String?
    var secrets: [String: String] = [:]
    var environment: [String: String] = [:]
    var flags: [(key: String, value: String)] = []

    func load() throws(ConfigurationError) -> Configuration {
        try ConfigurationLoader.load(
            file: fileName, environment: environment,
            flags: flags.map { .init(name: "--set", key: $0.key, value: $0.value) }
        ) { path throws(UnreadableFile) in
            let text = path == (fileName ?? "config.toml") ? file : secrets[path]
            guard let text else { throw .missing }
            return Array(text.utf8)
        }
    }

    /// The lines of the refusal; empty where the configuration is accepted.
    var refusals: [String] {
        do {
            _ = try load()
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }
}
