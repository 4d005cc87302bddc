internal import ArgumentParser

/// `dcs completions`: what a shell completes.
struct CompletionsCommand: ParsableCommand {
    /// The shells that there are completions for.
    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish

        var kind: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print the completions for a shell.",
        discussion: """
            bash: dcs completions bash > /etc/bash_completion.d/dcs
            zsh:  dcs completions zsh > a file _dcs in a folder of $fpath
            fish: dcs completions fish > ~/.config/fish/completions/dcs.fish
            """)

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() { print(DCS.completionScript(for: shell.kind)) }
}
