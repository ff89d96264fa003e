/// A call of a handler that may answer later.
struct DeferredCall {
    let handler: HTTPHandler
    let request: HTTPRequest
    let reply: Reply

    func run() {
        switch handler {
        case .immediate(let respond): reply.send(respond(request))
        case .prompt(let respond):
            let response = respond(request) { [reply] in { reply.send($0) } }
            if let response { reply.send(response) }
        case .completion(let respond): respond(request) { [reply] in reply.send($0) }
        case .async(let respond):
            // Belongs to no scope: a client that hangs up must not cancel it, and the server's
            // stop waits for the answer, not for the task.
            Task { [request, reply] in reply.send(await respond(request)) }
        }
    }
}
