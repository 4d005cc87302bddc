/// The version of this program, as `dcs --version` and the log show it.
enum Version {
    static let text = "0.1.0"
}
