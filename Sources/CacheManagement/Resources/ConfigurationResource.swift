internal import CacheConfig
internal import CacheNode
internal import FoundationEssentials
internal import NIOCore
internal import NIOPosix

/// `/config`: the settings in effect, and changes of them.
struct ConfigurationResource: Sendable {
    let control: NodeControl
    let settings: LiveSettings
    let threads: NIOThreadPool

    /// Every setting with its value, its source and whether a running node takes another.
    var document: [UInt8] {
        let layers = settings.current
        let configuration = layers.configuration
        var json = JSONWriter()
        json.object { json in
            json.object("settings") { json in
                for setting in Setting.all {
                    json.object(setting.key) { json in
                        Self.write(setting.value(in: configuration), to: &json)
                        json.member("source", layers.origin(of: setting)?.description ?? "default")
                        json.member("changeable", setting.change == .live)
                    }
                }
            }
        }
        return json.bytes
    }

    private static func write(_ value: ShownValue?, to json: inout JSONWriter) {
        switch value {
        case .integer(let number)?: json.member("value", number)
        case .seconds(let seconds)?: json.member("value", seconds)
        case .boolean(let flag)?: json.member("value", flag)
        case .text(let text)?: json.member("value", text)
        case .secret?: json.member("value", "<redacted>")
        case nil: json.member("value", nil)
        }
    }

    /// Changes settings: all that the body names or none.
    /// - Returns: the document afterwards.
    func patch(_ body: ByteBuffer) async throws -> [UInt8] {
        let changes = try Self.changes(body)
        guard control.state.engine != nil else { throw ManagementProblem.notReady }
        let settings = settings
        let failure = try await threads.runIfActive { () -> LiveSettings.Failure? in
            do throws(LiveSettings.Failure) {
                try settings.change(changes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw ManagementProblem(failure) }
        return document
    }

    private static func changes(
        _ body: ByteBuffer
    ) throws(ManagementProblem) -> [String: PatchValue] {
        let data = Data(body.readableBytesView)
        guard let members = try? JSONDecoder().decode([String: PatchMember].self, from: data) else {
            throw .badRequest(
                "The body is a JSON object of settings with their new values; null for the value "
                    + "that the other sources give.")
        }
        guard !members.isEmpty else { throw .badRequest("The object names no setting.") }
        return members.mapValues(\.value)
    }
}

/// A member of a JSON object, whatever its type.
private struct PatchMember: Decodable {
    let value: PatchValue

    init(from decoder: any Decoder) throws {
        guard let container = try? decoder.singleValueContainer() else {
            value = .other("an object or an array")
            return
        }
        if container.decodeNil() {
            value = .reset
        } else if let flag = try? container.decode(Bool.self) {
            value = .boolean(flag)
        } else if let number = try? container.decode(Int64.self) {
            value = .integer(number)
        } else if let number = try? container.decode(Double.self) {
            value = .number(number)
        } else if let text = try? container.decode(String.self) {
            value = .text(text)
        } else {
            value = .other("an object or an array")
        }
    }
}
