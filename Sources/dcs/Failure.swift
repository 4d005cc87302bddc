/// Why the program ends without having done what was asked.
struct Failure: Error {
    static let refusedCode: Int32 = 1
    static let usageCode: Int32 = 2

    /// What standard error says, without the program's name.
    let message: String
    /// The process's exit code.
    let code: Int32

    /// Not found, not allowed, or not possible now.
    static func refused(_ message: String) -> Failure {
        Failure(message: message, code: refusedCode)
    }

    /// The command line is wrong.
    static func usage(_ message: String) -> Failure { Failure(message: message, code: usageCode) }
}
