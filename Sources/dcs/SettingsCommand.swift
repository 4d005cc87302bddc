internal import ArgumentParser
internal import CacheConfig

/// `dcs settings`: what can be configured.
struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "Print every setting with its meaning, default and range.")

    @Flag(help: "Print the table of docs/OPERATIONS.md.")
    var markdown = false

    func run() {
        print(markdown ? SettingReference.markdown() : SettingReference.plain(), terminator: "")
    }
}
