/// Finds the handler for a method and a path, and answers 404, 405 and 501 itself.
///
/// A pattern is a path whose segments are literal, `{name}` for one segment that is not empty, or,
/// at the end, `{name...}` for all that is left. Literal segments win over parameters.
package struct Router: Sendable {
    /// Makes the answer for a status that no handler gave.
    ///
    /// The request's method and path are empty where it could not be read; its id is always set
    /// when the server calls.
    package typealias Problem = @Sendable (_ status: Int, _ request: HTTPRequest?) -> HTTPResponse

    /// Makes the answers that no handler gave.
    package let problem: Problem
    /// Fields that the server adds to every answer that has none of that name.
    package var headers: HTTPHeaders = [:] {
        didSet { standingFields = StandingFields(headers) }
    }
    private(set) var standingFields = StandingFields([:])

    private var nodes = [Node()]
    /// Patterns without parameters, by their path.
    private var literals: [String: [String: Route]] = [:]

    /// Makes a router without routes; its problems are plain text unless told otherwise.
    package init(
        problem: @escaping Problem = { status, _ in
            .text("\(status) \(HTTPResponse.reasonPhrase(status))\n", status: status)
        }
    ) {
        self.problem = problem
    }

    /// Adds a route.
    ///
    /// - Parameters:
    ///   - method: The method; GET answers HEAD too.
    ///   - pattern: The path.
    ///   - bodyBytesMax: Replaces the server's limit for it.
    ///   - needsLength: Whether a request that announces no body is answered 411.
    ///   - queue: Bounds the requests in flight, together with its other routes.
    ///   - handler: Answers.
    package mutating func on(
        _ method: String,
        _ pattern: String,
        bodyBytesMax: Int? = nil,
        needsLength: Bool = false,
        queue: RequestQueue? = nil,
        _ handler: HTTPHandler
    ) {
        precondition(pattern.hasPrefix("/"), "The pattern \(pattern) must begin with a slash.")
        let segments = pattern.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        ).map { PatternSegment(String(Substring($0))) }
        let names = segments.compactMap(\.name)
        let route = Route(
            handler: handler,
            bodyBytesMax: bodyBytesMax,
            needsLength: needsLength,
            queue: queue,
            names: names
        )
        if names.isEmpty {
            precondition(literals[pattern]?[method] == nil, "\(method) \(pattern) is routed twice.")
            literals[pattern, default: [:]][method] = route
        }
        let node = insert(segments)
        precondition(nodes[node].methods[method] == nil, "\(method) \(pattern) is routed twice.")
        nodes[node].methods[method] = route
    }

    /// Answers a request in process, whatever kind of handler its route has.
    ///
    /// What is the server's is left out: the fields of every answer, limits and queues.
    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        switch match(method: request.method, path: request.path) {
        case .refused(let status, let allow):
            return refusal(status, allow: allow, request: request)
        case .found(let route, let parameters):
            var request = request
            request.parameters = parameters
            switch route.handler {
            case .immediate(let respond): return respond(request)
            case .async(let respond): return await respond(request)
            case .completion(let respond):
                return await Self.first { respond(request, $0) }
            case .prompt(let respond):
                return await Self.first { done in
                    if let response = respond(request, { done }) { done(response) }
                }
            }
        }
    }

    private static func first(
        _ respond: (@escaping @Sendable (HTTPResponse) -> Void) -> Void
    ) async -> HTTPResponse {
        let once = CompletionOnce()
        return await withCheckedContinuation { continuation in
            respond { response in
                if once.isFirst() { continuation.resume(returning: response) }
            }
        }
    }
}

extension Router {
    struct Route: Sendable {
        var handler: HTTPHandler
        var bodyBytesMax: Int?
        var needsLength: Bool
        var queue: RequestQueue?
        var names: [String]
    }

    enum Match: Sendable {
        case found(Route, [String: String])
        /// The status to refuse with, and the methods that the path has.
        case refused(Int, allow: [String])
    }

    func match(method: String, path: String) -> Match {
        if let methods = literals[path] {
            return select(method, methods, values: [])
        }
        if path == "*" { return .refused(204, allow: []) }
        guard path.hasPrefix("/") else { return .refused(404, allow: []) }
        let segments = path.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        ).map { Substring($0) }
        var values: [String] = []
        guard let node = find(segments[...], from: 0, &values) else {
            return .refused(Self.isKnown(method) ? 404 : 501, allow: [])
        }
        return select(method, nodes[node].methods, values: values)
    }

    func refusal(_ status: Int, allow: [String], request: HTTPRequest) -> HTTPResponse {
        // OPTIONS * asks about the server as a whole; an empty success answers it (RFC 9110 §9.3.7).
        if status == 204 { return .empty() }
        var response = problem(status, request)
        // A 405 must say what is allowed (RFC 9110 §15.5.6).
        if status == 405 { response.headers["Allow"] = allow.joined(separator: ", ") }
        return response
    }

    private func select(_ method: String, _ methods: [String: Route], values: [String]) -> Match {
        // HEAD is answered as GET without its body (RFC 9110 §9.3.2).
        let route = methods[method] ?? (method == "HEAD" ? methods["GET"] : nil)
        if let route {
            let pairs = zip(route.names, values)
            return .found(route, Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
        }
        // A method nobody knows is 501, a known one that the path lacks is 405 (RFC 9110 §9.1).
        guard Self.isKnown(method) else { return .refused(501, allow: []) }
        var allow = Set(methods.keys)
        if allow.contains("GET") { allow.insert("HEAD") }
        return .refused(405, allow: allow.sorted())
    }

    private static func isKnown(_ method: String) -> Bool {
        switch method {
        case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT": true
        default: false
        }
    }
}

extension Router {
    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var rest: Int?
        var methods: [String: Route] = [:]
    }

    private enum PatternSegment {
        case literal(String)
        case parameter(String)
        case rest(String)

        init(_ text: String) {
            guard text.hasPrefix("{"), text.hasSuffix("}") else {
                self = .literal(text)
                return
            }
            let name = text.dropFirst().dropLast()
            self =
                name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .parameter(String(name))
        }

        var name: String? {
            switch self {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }

    private mutating func insert(_ segments: [PatternSegment]) -> Int {
        var node = 0
        for (position, segment) in segments.enumerated() {
            let next: Int
            switch segment {
            case .literal(let text):
                next = nodes[node].literals[text] ?? nodes.count
                nodes[node].literals[text] = next
            case .parameter:
                next = nodes[node].parameter ?? nodes.count
                nodes[node].parameter = next
            case .rest:
                precondition(position == segments.count - 1, "{name...} must stand at the end.")
                next = nodes[node].rest ?? nodes.count
                nodes[node].rest = next
            }
            if next == nodes.count { nodes.append(Node()) }
            node = next
        }
        return node
    }

    private func find(
        _ segments: ArraySlice<Substring>,
        from node: Int,
        _ values: inout [String]
    ) -> Int? {
        guard let segment = segments.first else {
            return nodes[node].methods.isEmpty ? nil : node
        }
        let text = String(segment)
        if let next = nodes[node].literals[text],
            let found = find(segments.dropFirst(), from: next, &values)
        {
            return found
        }
        let depth = values.count
        if let next = nodes[node].parameter, !text.isEmpty {
            values.append(text)
            if let found = find(segments.dropFirst(), from: next, &values) { return found }
            values.removeSubrange(depth...)
        }
        guard let rest = nodes[node].rest else { return nil }
        values.append(segments.joined(separator: "/"))
        return rest
    }
}
