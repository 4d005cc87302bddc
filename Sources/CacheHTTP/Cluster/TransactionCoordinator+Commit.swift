internal import CacheBase
internal import CacheEngine

extension TransactionCoordinator {
    /// Commits a transaction that has parts on other nodes.
    func commit(_ id: TransactionID, _ done: @escaping (Resumption) -> Void) {
        do throws(TransactionError) {
            let isUsedHere = try engine.transactions.keys(of: id) > 0
            guard let spread = spread.beginCommit(id) else { throw .busy }
            guard spread.parts.count == 1, !isUsedHere else {
                self.spread.endCommit(id)
                return done(.transaction(.refused(.spread)))
            }
            commit(id, of: spread.parts[0], done)
        } catch {
            if error != .busy { rolledBack(id) }
            done(.transaction(.refused(error)))
        }
    }

    /// All of it is of one other node, which commits it as one of its own.
    private func commit(
        _ id: TransactionID, of part: SpreadTransactions.Part,
        _ done: @escaping (Resumption) -> Void
    ) {
        forwarder.forward(.committing(part.id), to: part.node) { [unowned self] outcome in
            switch outcome {
            case .answered where PeerAnswer(outcome)?.status == 200:
                noteCommitted(id)
                done(.forwarded(outcome))
            case .answered:
                // Not applied; where the part is over, so is the whole.
                if PeerAnswer(outcome)?.saysEnded == true {
                    rollBack(id)
                } else {
                    spread.endCommit(id)
                }
                done(.forwarded(outcome))
            case .notSent:
                spread.endCommit(id)
                done(.forwarded(outcome))
            case .unknown: ask(id, of: part, done)
            }
        }
    }

    /// Nothing was heard of a commit: the part's node knows what became of it, once it is reached.
    private func ask(
        _ id: TransactionID, of part: SpreadTransactions.Part,
        _ done: @escaping (Resumption) -> Void
    ) {
        forwarder.forward(.asking(part.id), to: part.node) { [unowned self] outcome in
            switch PeerAnswer(outcome)?.state {
            case .committed?:
                noteCommitted(id)
                done(.transaction(.committed(.zero)))
            case .rolledBack?, .timedOut?:
                rollBack(id)
                done(.transaction(.refused(.ended(.rolledBack))))
            case .open?, .unknown?, nil: done(.forwarded(.unknown))
            }
        }
    }

    /// What becomes of a transaction whose commit was not heard of, as far as its part's node says.
    func state(of id: TransactionID, _ done: @escaping (TransactionState?) -> Void) {
        guard let part = spread[id]?.parts.first else { return done(nil) }
        forwarder.forward(.asking(part.id), to: part.node) { [unowned self] outcome in
            let state = PeerAnswer(outcome)?.state
            switch state {
            case .committed?: noteCommitted(id)
            case .rolledBack?, .timedOut?: rollBack(id)
            case .open?, .unknown?, nil: break
            }
            done(state)
        }
    }

    /// The other nodes have applied it: here too it has ended so.
    private func noteCommitted(_ id: TransactionID) {
        spread.remove(id)
        // What is here touched nothing: its record tells the outcome, also after a restart. Where
        // it cannot be written the transaction is applied all the same.
        _ = try? engine.transactions.commit(
            id, scratch: context.readScratch, mayBlock: false)
    }
}
