package import CacheBase
package import CacheConfig
internal import Synchronization

/// The settings of a running node: what is in effect, and changes of it that survive a restart.
///
/// A change is checked whole, then kept, then applied: what a restart would find is never behind
/// what is in effect. One change at a time.
package final class LiveSettings: Sendable {
    /// Why a change was not made. Nothing of it was applied.
    package enum Failure: Error {
        case refused(PatchRefusal)
        /// It could not be kept.
        case storage(StorageError)
    }

    /// What a node does with settings.
    package struct Hooks: Sendable {
        /// What stands against values that are right by themselves: sentences, empty for nothing.
        package var check: @Sendable (Configuration) -> [String]
        /// Keeps the text of the overrides; may wait for the disk.
        package var keep: @Sendable (String) throws(StorageError) -> Void
        /// Lets the node work with the values from now on.
        package var apply: @Sendable (Configuration) -> Void

        package init(
            check: @escaping @Sendable (Configuration) -> [String],
            keep: @escaping @Sendable (String) throws(StorageError) -> Void,
            apply: @escaping @Sendable (Configuration) -> Void
        ) {
            self.check = check
            self.keep = keep
            self.apply = apply
        }
    }

    private let layers: Mutex<LayeredConfiguration>
    private let hooks: Hooks
    /// Held across the disk write; taken before `layers`.
    private let changing = WaitCondition()

    package init(_ layers: LayeredConfiguration, hooks: Hooks) {
        self.layers = Mutex(layers)
        self.hooks = hooks
    }

    /// What is in effect, with its sources.
    package var current: LayeredConfiguration { layers.withLock { $0 } }

    /// Changes settings: all of them or none. Waits for the disk; never on an event loop.
    package func change(_ changes: [String: PatchValue]) throws(Failure) {
        try changing.withLock { () throws(Failure) in
            let changed: LayeredConfiguration
            do throws(PatchRefusal) {
                changed = try current.patched(changes)
                let objections = hooks.check(changed.configuration)
                if !objections.isEmpty { throw .needsRestart(objections) }
            } catch {
                throw .refused(error)
            }
            do throws(StorageError) {
                try hooks.keep(changed.overridesText)
            } catch {
                throw .storage(error)
            }
            hooks.apply(changed.configuration)
            layers.withLock { $0 = changed }
        }
    }
}
