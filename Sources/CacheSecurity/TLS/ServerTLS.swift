package import CacheBase
internal import NIOCore
package import NIOSSL
internal import Synchronization

/// The encryption of a server's connections: a certificate that is replaced while it serves.
///
/// Invariants: `pair` passed every check when it was read; a pair that does not pass leaves it as
/// it is. A connection has the pair that was there at its handshake, for as long as it lasts.
package final class ServerTLS: Sendable {
    /// What a look at the files came to.
    package enum Reload: Sendable, Equatable {
        case unchanged
        /// New connections get the new certificate, which ends at this time.
        case replaced(expirySeconds: Int)
        /// The files are others and cannot be used; the pair before stays. Told once for each
        /// content.
        case refused(CertificateError)
    }

    private struct State {
        var pair: CertificatePair
        var seen: Texts
    }

    /// What was read at last, or why it could not be.
    private struct Texts: Equatable {
        var certificate: [UInt8]
        var key: [UInt8]
        var failure: CertificateError?
    }

    private let paths: CertificatePaths
    private let clock: Clock
    private let read: ReadCertificateFile
    private let state: Mutex<State>
    private let reloads = Atomic<UInt64>(0)
    private let refusals = Atomic<UInt64>(0)
    private let handshakeFailures = Atomic<UInt64>(0)

    /// Reads and checks the pair.
    /// - Throws: `CertificateError`, which names the setting and says what is wrong.
    package init(
        certificatePath: String, keyPath: String, clock: Clock, read: @escaping ReadCertificateFile
    ) throws(CertificateError) {
        paths = CertificatePaths(certificate: certificatePath, key: keyPath)
        self.clock = clock
        self.read = read
        let texts = Self.texts(paths, read)
        if let failure = texts.failure { throw failure }
        let pair = try CertificatePair(texts.certificate, texts.key, paths, at: clock.now())
        state = Mutex(State(pair: pair, seen: texts))
    }

    /// When the certificate in use ends, in seconds since 1970.
    package var expirySeconds: Int { state.withLock { $0.pair.expirySeconds } }

    /// Times that a new pair was taken.
    package var reloadCount: UInt64 { reloads.load(ordering: .relaxed) }

    /// Times that the files had changed and could not be used.
    package var refusedReloadCount: UInt64 { refusals.load(ordering: .relaxed) }

    /// Connections that ended before they were encrypted.
    package var handshakeFailureCount: UInt64 { handshakeFailures.load(ordering: .relaxed) }

    package func noteHandshakeFailure() { handshakeFailures.add(1, ordering: .relaxed) }

    /// What a listener makes its one context from: each handshake takes the pair of its moment.
    package var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.server(state.withLock { $0.pair })
        configuration.sslContextCallback = { [self] _, promise in
            let pair = state.withLock { $0.pair }
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = pair.chain.map { .certificate($0) }
            override.privateKey = .privateKey(pair.key)
            promise.succeed(override)
        }
        return configuration
    }

    /// Looks at the files and takes a new pair where they hold one. Reads the disk: not for an
    /// event loop. One caller at a time.
    package func reload() -> Reload {
        let texts = Self.texts(paths, read)
        guard texts != state.withLock({ $0.seen }) else { return .unchanged }
        do throws(CertificateError) {
            if let failure = texts.failure { throw failure }
            let pair = try CertificatePair(texts.certificate, texts.key, paths, at: clock.now())
            state.withLock { $0 = State(pair: pair, seen: texts) }
            reloads.add(1, ordering: .relaxed)
            return .replaced(expirySeconds: pair.expirySeconds)
        } catch {
            state.withLock { $0.seen = texts }
            refusals.add(1, ordering: .relaxed)
            return .refused(error)
        }
    }

    private static func texts(_ paths: CertificatePaths, _ read: ReadCertificateFile) -> Texts {
        var texts = Texts(certificate: [], key: [], failure: nil)
        do throws(CertificateFileError) {
            texts.certificate = try read(paths.certificate, false)
        } catch {
            texts.failure = paths.certificateError(error.reason)
            return texts
        }
        do throws(CertificateFileError) {
            texts.key = try read(paths.key, true)
        } catch {
            texts.failure = paths.keyError(error.reason)
        }
        return texts
    }
}
