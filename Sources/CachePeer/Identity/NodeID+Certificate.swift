internal import CacheCluster
internal import NIOSSL

extension NodeID {
    /// The node that a certificate names: its one DNS name, letter for letter. Nil for none, for
    /// several, and for one that is no node's name, such as a wildcard.
    ///
    /// Names of other kinds are left aside, and so is the subject.
    init?(_ certificate: NIOSSLCertificate) {
        var found: NodeID?
        for name in certificate._subjectAlternativeNames() where name.nameType == .dnsName {
            let text = name.contents.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
            guard found == nil, let node = NodeID(text) else { return nil }
            found = node
        }
        guard let found else { return nil }
        self = found
    }
}
