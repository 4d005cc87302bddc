/// Tables of a file that only group settings: `[cache] max_memory = 1` means `max_memory = 1`.
package enum Section {
    /// Every name that is accepted, sorted. Any of them may hold any setting.
    package static let names = [
        "auth", "cache", "durability", "limits", "logging", "metrics", "monitoring",
        "network", "node", "observability", "persistence", "replication", "search", "security",
        "server", "storage", "tls", "transaction", "transactions", "wal",
    ]

    /// The table of role definitions, which is not a group of settings.
    static let roles = "roles"
}
