/// A decoder of bytes from disk, and what must hold of it for any input at all: it ends with a value
/// or an error, the value lies within its bounds and comes back from what is written of it. A
/// violation stops the process.
///
/// An input begins with a byte that says what is done to the rest. Where it is odd, the checksums
/// are computed anew, so that what a mutation has changed is decoded and not just refused.
package struct DecoderCheck: Sendable {
    package let name: String
    /// Inputs to begin with, from the real encoders; each is accepted.
    package let seeds: @Sendable () -> [[UInt8]]
    let seal: @Sendable (UnsafeMutableRawBufferPointer) -> Void
    private let decode: @Sendable (UnsafeRawBufferPointer) -> Bool

    init(
        _ name: String, seeds: @escaping @Sendable () -> [[UInt8]],
        seal: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void,
        decode: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) {
        self.name = name
        self.seeds = seeds
        self.seal = seal
        self.decode = decode
    }

    /// - Returns: whether the decoder took the input for what it should be.
    @discardableResult
    package func run(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let first = input.first else { return false }
        var bytes = Array(input.dropFirst())
        if first & 1 == 1 { bytes.withUnsafeMutableBytes { seal($0) } }
        return bytes.withUnsafeBytes { decode($0) }
    }

    package static let all: [DecoderCheck] = [
        .log, .block, .footer, .hint, .checkpoint, .heads, .wholeStore, .inspect,
    ]
}
