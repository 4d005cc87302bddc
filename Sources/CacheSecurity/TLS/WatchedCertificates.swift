internal import Synchronization

/// Files of certificates and keys that are replaced while they are in use, and what was made of
/// them.
///
/// Invariants: `content` was made of files that passed every check; files that do not pass leave it
/// as it is.
package final class WatchedCertificates<Content: Sendable>: Sendable {
    /// What a look at the files came to.
    package enum Look: Sendable {
        case unchanged
        case replaced(Content)
        /// The files are others and cannot be used; the content before stays. Told once for each
        /// content of the files.
        case refused(CertificateError)
    }

    /// Makes the content of the files' bytes, in the order of the locations.
    package typealias Make = @Sendable ([[UInt8]]) throws(CertificateError) -> Content

    private struct State {
        var content: Content
        var seen: Texts
    }

    /// What was read at last, or why it could not be.
    private struct Texts: Equatable, Sendable {
        var files: [[UInt8]] = []
        var failure: CertificateError?
    }

    private let locations: [CertificateLocation]
    private let read: ReadCertificateFile
    private let make: Make
    private let state: Mutex<State>
    private let reloads = Atomic<UInt64>(0)
    private let refusals = Atomic<UInt64>(0)

    /// Reads and checks the files.
    /// - Throws: `CertificateError`, which names the setting and says what is wrong.
    package init(
        _ locations: [CertificateLocation], read: @escaping ReadCertificateFile,
        make: @escaping Make
    ) throws(CertificateError) {
        self.locations = locations
        self.read = read
        self.make = make
        let texts = Self.texts(locations, read)
        if let failure = texts.failure { throw failure }
        state = Mutex(State(content: try make(texts.files), seen: texts))
    }

    /// What is in use.
    package var content: Content { state.withLock { $0.content } }

    /// Times that new files were taken.
    package var reloadCount: UInt64 { reloads.load(ordering: .relaxed) }

    /// Times that the files had changed and could not be used.
    package var refusedReloadCount: UInt64 { refusals.load(ordering: .relaxed) }

    /// Looks at the files and takes them where they are new and good. Reads the disk: not for an
    /// event loop. One caller at a time.
    package func reload() -> Look {
        let texts = Self.texts(locations, read)
        guard texts != state.withLock({ $0.seen }) else { return .unchanged }
        do throws(CertificateError) {
            if let failure = texts.failure { throw failure }
            let content = try make(texts.files)
            state.withLock { $0 = State(content: content, seen: texts) }
            reloads.add(1, ordering: .relaxed)
            return .replaced(content)
        } catch {
            state.withLock { $0.seen = texts }
            refusals.add(1, ordering: .relaxed)
            return .refused(error)
        }
    }

    private static func texts(
        _ locations: [CertificateLocation], _ read: ReadCertificateFile
    ) -> Texts {
        var texts = Texts()
        for location in locations {
            do throws(CertificateFileError) {
                texts.files.append(try read(location.path, location.isKey))
            } catch {
                texts.failure = location.error(error.reason)
                return texts
            }
        }
        return texts
    }
}
