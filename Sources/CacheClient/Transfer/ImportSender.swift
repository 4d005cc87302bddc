/// Sends what an import writes, again where the node could not take it now.
///
/// Every write is a put of a whole entry: made twice, it is as made once.
struct ImportSender: Sendable {
    let client: NodeClient

    /// One request's worth.
    enum Load: Sendable {
        case batch(ImportBatch)
        case single(ImportItem)

        var items: [ImportItem] {
            switch self {
            case .batch(let batch): batch.items
            case .single(let item): [item]
            }
        }
    }

    /// What became of a load.
    struct Outcome: Sendable {
        var items: [ImportItem] = []
        var refusals: [LineRefusal] = []
    }

    private struct BatchAnswer: Decodable {
        struct Result: Decodable {
            var success: Bool?
            var status: Int?
            var detail: String?
        }

        var results: [Result]
    }

    /// - Throws: `ClientError` where the node is not reachable, or would refuse all else too.
    func send(_ load: Load) async throws -> Outcome {
        switch load {
        case .single(let item):
            return Outcome(items: [item], refusals: try await put(item).map { [$0] } ?? [])
        case .batch(let batch):
            return Outcome(items: batch.items, refusals: try await put(batch))
        }
    }

    private func put(_ item: ImportItem) async throws -> LineRefusal? {
        do {
            _ = try await patiently(item.call)
            return nil
        } catch {
            return try refusal(of: item, error)
        }
    }

    private func put(_ batch: ImportBatch) async throws -> [LineRefusal] {
        do {
            let bytes = try await patiently(batch.call).bytes()
            let answer = try ClientError.decode(
                BatchAnswer.self, from: bytes, what: "the answer to a batch")
            guard answer.results.count == batch.items.count else {
                throw ClientError(.unusable, "the answer to a batch has another length")
            }
            return try await refusals(batch, answer)
        } catch let error as ClientError where error.isAboutContent && batch.items.count > 1 {
            // One of them is at fault, and nothing was written: each by itself.
            return try await separately(batch.items)
        } catch {
            return try batch.items.map { try refusal(of: $0, error) }
        }
    }

    /// What the batch's single answers come to; what the node could not take now goes by itself.
    private func refusals(
        _ batch: ImportBatch, _ answer: BatchAnswer
    ) async throws -> [LineRefusal] {
        var refusals: [LineRefusal] = []
        var again: [ImportItem] = []
        for (item, result) in zip(batch.items, answer.results) where result.success != true {
            if Self.isPassing(result.status) {
                again.append(item)
            } else {
                let detail = result.detail ?? "the answer has no explanation"
                refusals.append(
                    LineRefusal(number: item.number, reason: detail + " (\(result.status ?? 0))"))
            }
        }
        return refusals + (try await separately(again))
    }

    private func separately(_ items: [ImportItem]) async throws -> [LineRefusal] {
        var refusals: [LineRefusal] = []
        for item in items {
            if let refusal = try await put(item) { refusals.append(refusal) }
        }
        return refusals
    }

    /// - Throws: the error, where it is not about this item alone.
    private func refusal(of item: ImportItem, _ error: any Error) throws -> LineRefusal {
        guard let error = error as? ClientError, error.isAboutContent else { throw error }
        return LineRefusal(number: item.number, reason: error.message)
    }

    /// Makes a call until the node takes or refuses it.
    private func patiently(_ call: Call) async throws -> Answer {
        var pause = ClientLimits.retryMilliseconds
        for attempt in 1... {
            do {
                let answer = try await client.answer(to: call)
                if answer.isSuccess { return answer }
                guard Self.isPassing(answer.status), attempt < ClientLimits.attemptsMax else {
                    throw try await answer.refusal()
                }
                let asked = answer.field("Retry-After").flatMap { UInt64($0) } ?? 0
                pause = max(pause, min(asked, 10) * 1000)
                _ = try await answer.refusal()
            } catch let error as ClientError {
                guard error.kind == .unreachable, attempt < ClientLimits.attemptsMax else {
                    throw error
                }
            }
            pause = min(pause, ClientLimits.retryMillisecondsMax)
            try await Task.sleep(for: .milliseconds(pause))
            pause *= 2
        }
        preconditionFailure("the last attempt returns or throws")
    }

    /// Whether the node may take later what it refused now.
    private static func isPassing(_ status: Int?) -> Bool { status == 429 || status == 503 }
}

extension ClientError {
    /// Whether other entries may be taken all the same.
    fileprivate var isAboutContent: Bool {
        guard case .answered(let status) = kind else { return false }
        return ![401, 404, 405].contains(status)
    }
}
