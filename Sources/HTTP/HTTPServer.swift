/// An HTTP/1.1 server on epoll: an event loop per core, all on one listening socket.
package final class HTTPServer: Sendable {
    let configuration: Configuration
    let router: Router

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: Where to listen and within which bounds.
    ///   - router: The routes of every listener that has none of its own.
    package init(configuration: Configuration, router: Router) {
        self.configuration = configuration
        self.router = router
    }

    /// Listens, and returns the bound addresses in the order of the listeners.
    package func start() throws -> [HTTPAddress] {
        throw HTTPServerError("The server cannot listen yet.")
    }

    /// Stops accepting, lets the requests in flight finish for at most that long, and closes.
    package func stop(within grace: Duration) async {}
}

/// Why a server cannot listen, in one sentence.
package struct HTTPServerError: Error, Hashable, CustomStringConvertible {
    /// The sentence; it says what to do next.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
