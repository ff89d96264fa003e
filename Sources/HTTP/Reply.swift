/// The one answer of a handler, from any thread; the first counts.
///
/// A handler that lets go of it without an answer has failed, which is answered 500.
final class Reply: Sendable {
    private let loop: EventLoop
    private let connection: UInt64
    private let request: UInt64
    private let ticket: RequestQueue.Ticket?
    private let once = CompletionOnce()

    init(loop: EventLoop, connection: UInt64, request: UInt64, ticket: RequestQueue.Ticket?) {
        self.loop = loop
        self.connection = connection
        self.request = request
        self.ticket = ticket
    }

    deinit { post(nil) }

    func send(_ response: HTTPResponse) { post(response) }

    private func post(_ response: HTTPResponse?) {
        guard once.isFirst() else { return }
        ticket?.leave()
        loop.post(.answer(connection: connection, request: request, response))
    }
}
