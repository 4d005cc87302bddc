internal import Glibc
internal import NIOCore

extension Failure {
    /// One line that says which address could not be taken, and why in the system's words, without
    /// those of the library between.
    static func listening(
        _ address: String, _ port: Int, settings: String, _ error: any Error
    ) -> Failure {
        let reason =
            (error as? IOError).map { String(cString: strerror($0.errnoCode)).lowercased() }
            ?? "\(error)"
        return .refused(
            "cannot listen on \(address) port \(port) (settings \(settings)): \(reason)")
    }
}
