import CacheConfig
import Foundation
import Testing

struct ReferenceTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test func theManualHoldsTheTableAsTheProgramPrintsIt() throws {
        let manual = try String(
            contentsOf: Self.root.appendingPathComponent("docs/OPERATIONS.md"), encoding: .utf8)
        #expect(
            manual.contains(SettingReference.markdown()),
            "write it anew with `dcs settings --markdown`")
    }

    @Test func theManualNamesEverySection() throws {
        let manual = try String(
            contentsOf: Self.root.appendingPathComponent("docs/OPERATIONS.md"), encoding: .utf8)
        for section in Section.names {
            #expect(manual.contains("`[\(section)]`"), "\(section)")
        }
    }

    @Test func theSampleFileIsAcceptedAndChangesNothing() throws {
        let sample = try String(
            contentsOf: Self.root.appendingPathComponent("config.toml"), encoding: .utf8)
        let configuration = try Loading(file: sample).load()
        let defaults = Configuration()
        for setting in Setting.all {
            #expect(
                setting.shown(in: configuration) == setting.shown(in: defaults), "\(setting.key)")
        }
    }

    @Test func keysAreUniqueAndNoneReadsAsASectionOrASecretFile() {
        let keys = Setting.all.map(\.key)
        #expect(Set(keys).count == keys.count)
        #expect(Set(keys).isDisjoint(with: Section.names))
        #expect(!keys.contains { $0.hasSuffix("_file") })
    }
}
