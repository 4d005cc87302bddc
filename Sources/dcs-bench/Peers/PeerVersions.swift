/// Which versions of the peers were measured.
enum PeerVersions {
    static func read(_ workbench: Workbench) -> [String] {
        let rocks = firstLine(["db_bench", "--version"], workbench) ?? "RocksDB: none"
        let redis = firstLine(["redis-server", "--version"], workbench) ?? "Redis: none"
        return [rocks, redis.split(separator: " ").prefix(3).joined(separator: " ")]
    }

    private static func firstLine(_ arguments: [String], _ workbench: Workbench) -> String? {
        try? workbench.unnotedOutput(of: arguments).first
    }
}
