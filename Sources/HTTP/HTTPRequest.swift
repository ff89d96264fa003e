/// Who sent a request.
package enum HTTPPeer: Sendable, Hashable {
    /// A TCP peer by its numeric address.
    case tcp(address: String)
    /// A process on this machine, as the kernel attests it (`SO_PEERCRED`).
    case unix(uid: UInt32, pid: Int32)
}

extension HTTPPeer {
    var address: IPAddress? {
        guard case .tcp(let address) = self else { return nil }
        return IPAddress(address)
    }
}

/// One name and value of a query.
package struct HTTPQueryItem: Sendable, Hashable {
    /// The decoded name.
    package var name: String
    /// The decoded value; empty where the item has no `=`.
    package var value: String
}

/// A whole request with its body.
package struct HTTPRequest: Sendable {
    /// The method as sent; methods are case-sensitive (RFC 9110 §9.1).
    package var method: String
    /// The request target as sent.
    package var target: String
    /// The path, percent-decoded once and free of dot segments.
    package var path: String
    /// The query as decoded pairs, in order; `+` is a space.
    package var query: [HTTPQueryItem]
    /// The header fields.
    package var headers: HTTPHeaders
    /// The body; empty where there is none.
    package var body: [UInt8]
    /// Who sent it: the other end of the connection.
    package var peer: HTTPPeer
    /// Where it comes from: the peer's address, or what trusted proxies say; nil on a Unix socket.
    package var client: IPAddress?
    /// The values of the pattern's `{name}` segments, set by the router.
    package var parameters: [String: String]
    /// An id for logs and answers, made by the server.
    package var id: String

    /// Makes a request as the server would from the same target.
    ///
    /// Throws ``HTTPRequestError`` where the target cannot be read or not be normalised safely.
    package init(
        method: String = "GET",
        target: String,
        headers: HTTPHeaders = [:],
        body: [UInt8] = [],
        peer: HTTPPeer = .tcp(address: "127.0.0.1"),
        id: String = ""
    ) throws(HTTPRequestError) {
        let parsed = try RequestTarget(Array(target.utf8)[...], method: method)
        self.init(
            method: method,
            target: target,
            parsed: parsed,
            headers: headers,
            body: body,
            peer: peer,
            client: peer.address,
            id: id
        )
    }

    init(
        method: String,
        target: String,
        parsed: RequestTarget,
        headers: HTTPHeaders,
        body: [UInt8],
        peer: HTTPPeer,
        client: IPAddress?,
        id: String
    ) {
        self.method = method
        self.target = target
        self.path = parsed.path
        self.query = parsed.query
        self.headers = headers
        self.body = body
        self.peer = peer
        self.client = client
        self.parameters = [:]
        self.id = id
    }

    /// The stand-in for a request that could not be read: only peer and id are known.
    init(unreadFrom peer: HTTPPeer, id: String) {
        self.init(
            method: "",
            target: "",
            parsed: RequestTarget(path: "", query: [], authority: nil),
            headers: [:],
            body: [],
            peer: peer,
            client: peer.address,
            id: id
        )
    }

    /// The value of the first query item of that name; nil where there is none.
    package func queryValue(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}

/// Why a request was refused before any handler saw it.
package struct HTTPRequestError: Error, Hashable, CustomStringConvertible {
    /// The status to answer with.
    package var status: Int
    /// One clause with the rule it broke; holds no byte of the request.
    package var reason: String

    /// Makes a refusal; the reason names the rule and its clause.
    package init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    /// One line fit for a log.
    package var description: String { "\(status): \(reason)" }
}
