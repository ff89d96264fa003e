/// What answers a request.
///
/// A client that hangs up does not stop a handler; its answer is dropped.
package enum HTTPHandler: Sendable {
    /// Answers at once on the event loop's thread; it must not block.
    case immediate(@Sendable (HTTPRequest) -> HTTPResponse)
    /// Is called on the event loop's thread, where it answers at once or, where it returns nil,
    /// later through the completion that it has taken from `later`; it must not block.
    ///
    /// The completion is taken once, and what is said of ``completion(_:)`` holds for it.
    case prompt(
        @Sendable (
            _ request: HTTPRequest,
            _ later: () -> @Sendable (HTTPResponse) -> Void
        ) -> HTTPResponse?
    )
    /// Is called on the event loop's thread and answers later, from any thread; it must not block.
    ///
    /// Only the first call of the completion counts. It must be called, or the connection stays
    /// busy until the server stops.
    case completion(
        @Sendable (HTTPRequest, @escaping @Sendable (HTTPResponse) -> Void) -> Void
    )
    /// Runs in a task of its own, for work that waits.
    case async(@Sendable (HTTPRequest) async -> HTTPResponse)
}
