import Foundation
import Testing

extension ProgramTests {
    /// `dcs health`, as the health check of a container runs it.
    struct HealthTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func health(_ port: Int, _ arguments: [String] = []) throws -> Program {
            try Program(
                ["health", "--set", "metrics_port=\(port)"] + arguments, in: folder)
        }

        @Test func aReadyNodeIsHealthy() throws {
            let program = try Program(["serve", "--listen", "127.0.0.1:0"], in: folder)
            let port = try program.managementPort()
            let everywhere = ["--set", "listen=0.0.0.0", "--set", "insecure=true"]
            for arguments in [[], ["--live"], everywhere] {
                let health = try health(port, arguments)
                #expect(health.exitCode() == 0, "\(health.log)")
            }
        }

        @Test func whereNobodyAnswersItIsNot() throws {
            let program = try Program(["serve", "--listen", "127.0.0.1:0"], in: folder)
            let port = try program.managementPort()
            program.send(SIGTERM)
            #expect(program.exitCode() == 0)
            let health = try health(port)
            #expect(health.exitCode() == 1)
            #expect(health.log.last?.hasPrefix("dcs: no answer from http://127.0.0.1:") == true)
        }

        @Test func aPortThatIsNotSaidIsUsage() throws {
            let health = try health(0)
            #expect(health.exitCode() == 2)
        }
    }
}
