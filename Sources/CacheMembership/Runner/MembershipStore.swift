/// The store as a runner reaches it: the real one over a network, or one in memory.
package protocol MembershipStore: Sendable {
    /// Asks for one thing and waits for its answer, for no longer than a quarter of a lease or so.
    /// - Throws: where no answer came. The request may have taken effect all the same, or may later.
    func perform(_ request: StoreRequest) async throws -> StoreReply

    /// Calls `changed` whenever a key that begins so may have changed: once when it begins to look,
    /// and again after every gap in which it could not. Ends with its task alone.
    func watch(prefix: String, _ changed: @escaping @Sendable () -> Void) async
}
