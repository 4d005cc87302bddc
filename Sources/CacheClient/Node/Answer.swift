package import CacheConsole
internal import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1

/// The answer to a call: its head, and its body as it arrives.
package struct Answer: Sendable {
    private let response: HTTPClientResponse

    init(_ response: HTTPClientResponse) { self.response = response }

    package var status: Int { Int(response.status.code) }
    package var isSuccess: Bool { (200..<300).contains(status) }

    /// The value of a header field; nil where there is none.
    package func field(_ name: String) -> String? { response.headers.first(name: name) }

    /// The version in `ETag`, or that of a write's receipt.
    package var version: UInt64? {
        let text = field("DCS-LSN") ?? tag.map { String($0.prefix { $0 != "-" }) }
        return text.flatMap { UInt64($0) }
    }

    /// The entry's tag: its version, on a cluster with a mark of the store that counted it.
    package var tag: String? { field("ETag")?.filter { $0 != "\"" } }

    /// Seconds that an entry has left; nil for ever.
    package var secondsLeft: UInt64? {
        guard let text = field("Cache-Control"), text.hasPrefix("max-age=") else { return nil }
        return UInt64(text.dropFirst("max-age=".count))
    }

    /// The whole body.
    /// - Throws: `ClientError` where it is longer, or cut off.
    package func bytes(
        atMost bytesMax: Int = ClientLimits.documentBytesMax
    ) async throws(ClientError) -> [UInt8] {
        do {
            return Array(try await response.body.collect(upTo: bytesMax).readableBytesView)
        } catch {
            throw .connection(error)
        }
    }

    /// Writes the body as it arrives, and nothing else.
    /// - Throws: `ClientError` where it is cut off, or cannot be written.
    package func pour(into sink: ByteSink) async throws(ClientError) {
        do {
            for try await piece in response.body { try sink.write(piece.readableBytesView) }
            try sink.finish()
        } catch {
            throw .connection(error)
        }
    }

    /// What the node says of a call that it did not carry out.
    package func refusal() async throws(ClientError) -> ClientError {
        let body = try await bytes(atMost: ClientLimits.problemBytesMax)
        let problem = try? JSONDecoder().decode(ProblemDocument.self, from: Data(body))
        let detail = problem?.detail ?? "the answer has no explanation"
        let hint =
            status == 401 ? " Give one with --token, DCS_TOKEN or DCS_TOKEN_FILE." : ""
        return ClientError(.answered(status), PrintableText.of(detail) + hint + " (\(status))")
    }
}

/// As much of a problem document (RFC 9457) as is shown.
struct ProblemDocument: Decodable {
    var detail: String?
}

extension ClientError {
    /// A document that a node sent, as a value.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], what: String
    ) throws(ClientError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw ClientError(.unusable, "\(what) is not of the form that this program knows")
        }
    }
}
