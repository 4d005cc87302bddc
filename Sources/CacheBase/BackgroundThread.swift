internal import CShims
internal import Glibc

/// A thread of the process's own that is joined before its owner goes.
package final class BackgroundThread: @unchecked Sendable {
    // Safe because: `handle` is written once, before anyone else has the object.
    private var handle: pthread_t

    /// Starts a thread that runs `body` once. Names over 15 bytes are cut.
    /// - Parameter yields: whether it leaves the processors to others where these are short.
    package init(name: String, yields: Bool = false, _ body: @escaping @Sendable () -> Void) {
        handle = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, yields: yields, body: body))
        let code = pthread_create(
            &handle, nil,
            { raw in
                let start = Unmanaged<Start>.fromOpaque(raw!).takeRetainedValue()
                dcs_name_thread(start.name)
                if start.yields { dcs_lower_priority() }
                start.body()
                return nil
            }, start.toOpaque())
        precondition(code == 0, "the system refuses a thread")
    }

    /// Runs `body` on a thread that nobody waits for: it says itself when it is done.
    package static func detach(name: String, _ body: @escaping @Sendable () -> Void) {
        pthread_detach(BackgroundThread(name: name, body).handle)
    }

    /// Returns when the thread has ended; call it once.
    package func join() { pthread_join(handle, nil) }

    private final class Start {
        let name: String
        let yields: Bool
        let body: @Sendable () -> Void

        init(name: String, yields: Bool, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.yields = yields
            self.body = body
        }
    }
}
