internal import ArgumentParser
internal import Glibc

/// The program: 0 all runs held, 1 one found a broken promise, 2 usage.
@main
struct Main {
    private static let usageCode: Int32 = 2

    static func main() {
        do {
            var command = try SimulateCommand.parseAsRoot()
            try command.run()
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            let code = SimulateCommand.exitCode(for: error)
            print(SimulateCommand.fullMessage(for: error))
            exit(code.isSuccess ? 0 : code == .validationFailure ? usageCode : 1)
        }
    }
}
