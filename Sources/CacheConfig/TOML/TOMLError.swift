/// Why a text is not the TOML that settings are written in, and on which line.
struct TOMLError: Error, Equatable {
    let line: Int
    let reason: String
}
