import CacheBase
import CacheConfig
import CacheNode
import Synchronization
import Testing

@Suite("Live settings")
struct LiveSettingsTests {
    /// What the hooks were called with, in order.
    private final class Calls: Sendable {
        let all = Mutex<[String]>([])
        func add(_ call: String) { all.withLock { $0.append(call) } }
        var list: [String] { all.withLock { $0 } }
    }

    private let calls = Calls()

    private func settings(
        objections: [String] = [], failure: StorageError? = nil
    ) throws -> LiveSettings {
        let layers = try ConfigurationLoader.loadLayers(
            file: nil, environment: [:], flags: []
        ) { _ throws(UnreadableFile) in throw .missing }
        return LiveSettings(
            layers,
            hooks: LiveSettings.Hooks(
                check: { [calls] _ in
                    calls.add("check")
                    return objections
                },
                keep: { [calls] text throws(StorageError) in
                    if let failure { throw failure }
                    calls.add("keep \(text.split(separator: "\n").last ?? "")")
                },
                apply: { [calls] in calls.add("apply \($0.logLevel.rawValue)") }))
    }

    @Test func aChangeIsKeptBeforeItIsApplied() throws {
        let settings = try settings()
        try settings.change(["log_level": .text("debug")])
        #expect(calls.list == ["check", #"keep log_level = "debug""#, "apply debug"])
        #expect(settings.current.configuration.logLevel == .debug)
        try settings.change(["log_level": .reset])
        #expect(settings.current.configuration.logLevel == .info)
        #expect(settings.current.overriddenKeys.isEmpty)
    }

    @Test func whatIsWrongTouchesNothing() throws {
        let settings = try settings()
        #expect(throws: LiveSettings.Failure.self) {
            try settings.change(["log_level": .text("debug"), "wal_sync": .text("now")])
        }
        #expect(calls.list.isEmpty)
        #expect(settings.current.configuration.logLevel == .info)
    }

    @Test func whatTheNodeObjectsToTouchesNothing() throws {
        let settings = try settings(objections: ["too much"])
        do {
            try settings.change(["max_memory": .text("1TiB")])
            Issue.record("accepted")
        } catch {
            guard case .refused(.needsRestart(["too much"])) = error else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(calls.list == ["check"])
        #expect(settings.current.overriddenKeys.isEmpty)
    }

    @Test func whatCannotBeKeptIsNotApplied() throws {
        let settings = try settings(failure: StorageError(.noSpace, "full"))
        do {
            try settings.change(["log_level": .text("debug")])
            Issue.record("accepted")
        } catch {
            guard case .storage(let error) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(error.kind == .noSpace)
        }
        #expect(calls.list == ["check"])
        #expect(settings.current.configuration.logLevel == .info)
    }
}
