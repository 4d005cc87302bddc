internal import Foundation

/// Certificates of a cluster and of what pretends to belong to it, made with the `openssl` command
/// and held in memory: `NAME.pem` and `NAME.key`.
package struct ClusterCertificates: Sendable {
    /// What is special about a certificate.
    package struct Kind: Sendable {
        package var authority = "ca"
        package var names: [String]
        /// Days from now.
        package var begins = -1
        package var ends = 30
        package var usage = "serverAuth,clientAuth"

        package init(_ names: String...) { self.names = names }
    }

    private struct Failed: Error { let arguments: [String] }

    package private(set) var files: [String: [UInt8]] = [:]

    /// Makes one for each of `kinds`, and their authorities.
    package init(_ kinds: [String: Kind]) throws {
        let folder =
            FileManager.default.temporaryDirectory.path + "/dcs-cluster-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for authority in Set(kinds.values.map(\.authority)) {
            try Self.openssl(
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-keyout", "\(authority).key", "-out", "\(authority).pem", "-days",
                    "30", "-subj", "/CN=\(authority)",
                ], in: folder)
        }
        for (name, kind) in kinds { try Self.make(name, kind, in: folder) }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder)
        where name.hasSuffix(".pem") || name.hasSuffix(".key") {
            files[name] = Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
        }
    }

    private static func make(_ name: String, _ kind: Kind, in folder: String) throws {
        try openssl(
            [
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name)",
            ], in: folder)
        let names = kind.names.map { "subjectAltName=\($0)\n" }.joined()
        try write("extendedKeyUsage=\(kind.usage)\n\(names)", to: "\(folder)/extensions")
        try write("", to: "\(folder)/database")
        try write(
            """
            [ca]
            default_ca = it
            [it]
            database = database
            serial = serial
            new_certs_dir = .
            default_md = sha256
            policy = any
            [any]
            commonName = supplied
            """, to: "\(folder)/settings")
        try openssl(
            [
                "ca", "-batch", "-notext", "-config", "settings", "-create_serial", "-cert",
                "\(kind.authority).pem", "-keyfile", "\(kind.authority).key", "-in",
                "\(name).csr", "-out", "\(name).pem", "-extfile", "extensions", "-startdate",
                time(days: kind.begins), "-enddate", time(days: kind.ends),
            ], in: folder)
    }

    private static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private static func time(days: Int) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "yyyyMMddHHmmss'Z'"
        return format.string(from: Date(timeIntervalSinceNow: Double(days) * 86_400))
    }

    private static func openssl(_ arguments: [String], in folder: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(arguments: arguments) }
    }
}
