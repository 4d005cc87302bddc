internal import ArgumentParser
internal import CacheEngine
internal import CacheFiles
internal import Glibc

/// Fills a store, says so, and waits to be killed; or closes it in order.
struct ChildFill: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "fill")

    @OptionGroup var store: StoreArguments

    @Flag(help: "Flush everything to segments, report, and close the store.")
    var drain = false

    func run() throws {
        let engine = try Engine.open(
            EngineOptions(directory: store.folder), files: RealFileSystem())
        let driver = EngineDriver(engine, store.workload)
        try driver.fill()
        if drain { try engine.drainLog() }
        ChildReport(engine, milliseconds: 0).send()
        if drain {
            engine.close()
        } else {
            waitForParent()
        }
    }

    /// Until the parent kills this process; or is gone itself, when its pipe ends.
    private func waitForParent() {
        var byte: UInt8 = 0
        while read(STDIN_FILENO, &byte, 1) > 0 {}
    }
}
