import Glibc
import Synchronization

extension LoopThread {
    /// Carries a connection as far as it goes: parse, answer, write, and wait for the right thing.
    func advance(_ connection: Connection) {
        // It waits for its turn, in which it is taken up again.
        guard !connection.isUnfinished else { return }
        let last = connection.requestNumber + UInt64(limits.requestsInTurn)
        var isHeldBack = true
        while isHeldBack {
            isHeldBack = !parse(connection, upTo: last)
            guard write(connection) else { return drop(connection) }
            if connection.output.count > 0 { break }
            if isHeldBack, connection.requestNumber >= last {
                connection.isUnfinished = true
                unfinished.append(connection.id)
                break
            }
        }
        if connection.phase == .closing, connection.output.count == 0 {
            // Its place is free before its peer can know of the end.
            if connection.peerHasEnded { return drop(connection) }
            shutdown(connection.fd, Int32(SHUT_WR))
            connection.phase = .lingering
        }
        if connection.phase == .dropping, connection.output.count == 0 { return drop(connection) }
        if connection.phase == .lingering,
            connection.peerHasEnded || connection.lingered > limits.lingerBytes
        {
            return drop(connection)
        }
        watch(connection)
        connection.startWaiting(for: wait(of: connection), limits: limits)
        queueDeadline(of: connection)
    }

    /// Parses and answers what is there; false where it stopped for want of room in the output, or
    /// at the last request of its turn.
    private func parse(_ connection: Connection, upTo last: UInt64) -> Bool {
        // A peer that reads no answers gets no further ones made.
        while connection.phase == .reading, connection.output.count < limits.readAheadBytes,
            connection.requestNumber < last
        {
            do {
                switch try connection.parser.next() {
                case .head(let head): begin(head, on: connection)
                case .body(let body): dispatch(body, on: connection)
                case nil:
                    endIfDone(connection)
                    return true
                }
            } catch {
                refuse(connection, error)
            }
        }
        return connection.phase != .reading
    }

    /// With no whole request left, a peer that has ended its side, or a server that stops, ends the
    /// connection.
    private func endIfDone(_ connection: Connection) {
        let isIdle = !connection.parser.isInRequest
        // A new client has not been told that the server stops, and is let begin (RFC 9112 §9.6).
        let isNew = connection.requestNumber == 0 && lastCallEnd != nil
        if connection.peerHasEnded || (isIdle && stopDeadline != nil && !isNew) {
            connection.phase = .closing
        }
    }

    private func begin(_ head: HTTPRequestHead, on connection: Connection) {
        let request = HTTPRequest(
            method: head.method,
            target: head.target,
            parsed: head.parsedTarget,
            headers: head.headers,
            body: [],
            peer: connection.peer,
            client: connection.address.map {
                shared.admission.forwarding.client(of: $0, headers: head.headers)
            },
            id: shared.configuration.makeID()
        )
        connection.requestNumber += 1
        connection.exchange = Exchange(
            request: request,
            match: connection.router.match(method: head.method, path: head.path),
            minorVersion: head.minorVersion,
            keepsAlive: head.keepsAlive,
            started: MonotonicTime.now
        )
        if case .found(let route, let parameters) = connection.exchange?.match {
            connection.exchange?.request.parameters = parameters
            connection.parser.bodyBytesMax = route.bodyBytesMax ?? limits.bodyBytes
            if route.needsLength, head.headers["Content-Length"] == nil, head.framing != .chunked {
                let error = HTTPRequestError(411, "no length of a body (RFC 9110 §15.5.12)")
                return refuse(connection, error)
            }
        }
        guard countsClient(of: request, on: connection) else {
            return refuse(connection, HTTPRequestError(429, "too many at once (RFC 6585 §4)"))
        }
        if head.expectsContinue { answerExpectation(head, on: connection) }
    }

    /// Counts a request that came through a trusted proxy for its client.
    private func countsClient(of request: HTTPRequest, on connection: Connection) -> Bool {
        guard
            let account = shared.admission.account(of: request.client, from: connection.peer)
        else { return true }
        guard shared.admission.enter(account) else { return false }
        connection.exchange?.account = account
        return true
    }

    /// Asks for the body, or refuses it before it is sent (RFC 9110 §10.1.1).
    private func answerExpectation(_ head: HTTPRequestHead, on connection: Connection) {
        if case .refused(let status, let allow) = connection.exchange?.match,
            let request = connection.exchange?.request
        {
            connection.exchange?.keepsAlive = false
            answer(connection, connection.router.refusal(status, allow: allow, request: request))
            return
        }
        if case .found(let route, _) = connection.exchange?.match, route.queue?.isFull == true {
            return refuse(connection, Self.queueFull)
        }
        if case .length(let count) = head.framing, count > connection.parser.bodyBytesMax { return }
        if connection.parser.bufferedBytes == 0 {
            connection.output.bytes.append(contentsOf: ResponseWriter.continueLine)
        }
    }

    private func dispatch(_ body: [UInt8], on connection: Connection) {
        guard var request = connection.exchange?.request, let match = connection.exchange?.match
        else { return }
        request.body = body
        connection.phase = .handling
        connection.restartWaiting()
        switch match {
        case .refused(let status, let allow):
            answer(connection, connection.router.refusal(status, allow: allow, request: request))
        case .found(let route, _):
            enqueue(request, route, for: connection)
        }
    }

    /// Calls the handler, at once or after everything that has no queue.
    private func enqueue(
        _ request: HTTPRequest,
        _ route: Router.Route,
        for connection: Connection
    ) {
        switch route.handler {
        case .immediate(let respond) where route.queue == nil:
            return answer(connection, respond(request))
        case .prompt(let respond) where route.queue == nil:
            // An answer that needs no other thread needs no message to this one either.
            let response = respond(request) { later(for: connection) }
            if let response { answer(connection, response) }
            return
        default: break
        }
        let ticket = route.queue?.enter()
        guard ticket != nil || route.queue == nil else {
            connection.exchange?.request = request
            return answer(connection, problem(Self.queueFull, request, connection.router))
        }
        let reply = Reply(
            loop: loop,
            connection: connection.id,
            request: connection.requestNumber,
            ticket: ticket
        )
        let call = DeferredCall(handler: route.handler, request: request, reply: reply)
        if ticket == nil { call.run() } else { deferred.append(call) }
    }

    /// What takes the answer to the current request when it comes later.
    private func later(for connection: Connection) -> @Sendable (HTTPResponse) -> Void {
        let reply = Reply(
            loop: loop,
            connection: connection.id,
            request: connection.requestNumber,
            ticket: nil
        )
        return { reply.send($0) }
    }

    func runDeferred(most: Int) {
        guard !deferred.isEmpty else { return }
        let count = min(most, deferred.count)
        for call in deferred[..<count] { call.run() }
        deferred.removeSubrange(..<count)
    }

    private static var queueFull: HTTPRequestError {
        HTTPRequestError(503, "too many of these at once (RFC 9110 §15.6.4)")
    }

    private func problem(
        _ error: HTTPRequestError,
        _ request: HTTPRequest?,
        _ router: Router
    ) -> HTTPResponse {
        var response = router.problem(error.status, request)
        if error.status == 503 || error.status == 429, response.headers["Retry-After"] == nil {
            response.headers["Retry-After"] = "1"
        }
        return response
    }

    /// Answers a request that could not be read, and ends the connection.
    func refuse(_ connection: Connection, _ error: HTTPRequestError) {
        var exchange =
            connection.exchange
            ?? Exchange(
                request: HTTPRequest(
                    unreadFrom: connection.peer,
                    id: shared.configuration.makeID()
                ),
                match: .refused(error.status, allow: []),
                minorVersion: 1,
                keepsAlive: false,
                started: MonotonicTime.now
            )
        exchange.keepsAlive = false
        connection.exchange = exchange
        answer(connection, problem(error, exchange.request, connection.router))
    }

    /// Queues the answer to the current request.
    func answer(_ connection: Connection, _ response: HTTPResponse) {
        guard let exchange = connection.exchange else { return }
        var response = response
        if !(200...999).contains(response.status) {
            // A handler's mistake costs its request, not the connection's framing.
            response = connection.router.problem(500, exchange.request)
        }
        exchange.account.map(shared.admission.leave)
        let before = connection.output.count
        let closes = response.headers.hasToken("close", in: "Connection")
        let isStopping = shared.isStopping.load(ordering: .relaxed)
        let keepsAlive = exchange.keepsAlive && !closes && !isStopping
        if response.dropsConnection {
            connection.phase = .dropping
        } else {
            writer.append(
                response,
                toHead: exchange.request.method == "HEAD",
                minorVersion: exchange.minorVersion,
                keepsAlive: keepsAlive,
                standing: connection.router.standingFields,
                into: &connection.output.bytes
            )
            connection.phase = keepsAlive ? .reading : .closing
        }
        connection.exchange = nil
        connection.restartWaiting()
        guard let log = shared.configuration.accessLog else { return }
        log(
            HTTPAccess(
                method: exchange.request.method,
                path: exchange.request.path,
                status: response.status,
                bytes: connection.output.count - before,
                milliseconds: Double(MonotonicTime.now - exchange.started) / 1_000_000,
                id: exchange.request.id,
                peer: connection.peer,
                client: exchange.request.client
            )
        )
    }
}
