internal import CacheBase
internal import CacheEngine

extension Problem {
    static let transactionsDisabled = Problem(
        403, "transactions-disabled", "Transactions are disabled",
        .fixed("This node is set to serve no transactions (enable_transactions). Not applied."))

    static let noTransaction = Problem(
        404, "unknown-transaction", "No such transaction",
        .fixed("No transaction of this id is known. Not applied."))

    static let spread = Problem(
        409, "several-nodes", "Several nodes",
        .fixed(
            """
            The keys of the transaction belong to several nodes. Not applied; it is still open. \
            `GET /ring` tells which keys go together.
            """))

    /// Why a call on a transaction was not carried out.
    init(_ error: TransactionError) {
        switch error {
        case .unknown: self = .noTransaction
        case .ended(let state): self.init(endedAs: state)
        case .conflict:
            self.init(
                409, "transaction-conflict", "Conflict",
                .fixed(
                    """
                    A key that the transaction read or wrote was changed by someone else. Nothing \
                    of it was applied, and it is over.
                    """))
        case .busy:
            self.init(
                409, "transaction-busy", "Transaction is being committed",
                .fixed("Another request is committing the transaction. Not applied."))
        case .tooMany:
            self.init(
                429, "too-many-transactions", "Too many transactions",
                .made(
                    "\(Limits.transactionsOpenMax) transactions are open, as many as there may be."),
                fields: .fixed("Retry-After: 1\r\n"))
        case .tooLarge:
            self = .tooLarge(
                """
                The transaction would touch too many keys or hold too many bytes. Not applied; it \
                is still open.
                """)
        case .spread: self = .spread
        case .storage(let error): self.init(error)
        }
    }

    private init(endedAs state: TransactionState) {
        switch state {
        case .committed:
            self.init(
                404, "transaction-ended", "Transaction has ended",
                .fixed("The transaction was committed and takes no more calls. Not applied."))
        case .timedOut:
            self.init(
                404, "transaction-timed-out", "Transaction has timed out",
                .fixed(
                    """
                    The transaction was open for longer than transaction_timeout and was rolled \
                    back. Not applied.
                    """))
        case .rolledBack, .open, .unknown:
            self.init(
                404, "transaction-ended", "Transaction has ended",
                .fixed(
                    """
                    The transaction was rolled back, by a call, a conflict or a restart. Not \
                    applied.
                    """))
        }
    }
}
