internal import CacheBase
internal import CacheEngine
internal import CacheFiles
internal import CacheInspect

extension DecoderCheck {
    /// The store of `wholeStore`, as `dcs-inspect` reads it: it is verified, and salvaged into
    /// another folder, which is then without fault.
    static let inspect = DecoderCheck(
        "inspect", seeds: wholeStore.seeds, seal: wholeStore.seal,
        decode: { bytes in
            guard let choice = bytes.first else { return false }
            let content = UnsafeRawBufferPointer(rebasing: bytes[1...])
            guard let disk = try? SmallStore.disk(SmallStore.file(choice), content) else {
                return false
            }
            let report = try? Verifier(StoreFolder(SmallStore.folder, files: disk), threads: 1)
                .run()
            salvage(disk)
            return report?.damages.isEmpty == true
        })

    private static func salvage(_ disk: SimulatedFileSystem) {
        let target = "repaired"
        let repair = Repair(
            of: StoreFolder(SmallStore.folder, files: disk), to: target, clock: SmallStore.clock)
        guard (try? repair.run()) != nil else { return }
        let report = try? Verifier(StoreFolder(target, files: disk), threads: 1).run()
        let damages = report?.damages.map { "\($0)" } ?? ["cannot be verified"]
        precondition(damages.isEmpty, "salvaged with damage: \(damages)")
        guard let engine = try? SmallStore.open(disk, folder: target) else {
            preconditionFailure("what was salvaged cannot be opened")
        }
        precondition(!SmallStore.content(of: engine).contains { $0 == nil }, "cannot be read")
        engine.close()
    }
}
