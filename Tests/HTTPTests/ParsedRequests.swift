import HTTP

/// What a parser made of some bytes: the whole requests, and the refusal that ended them.
struct ParsedRequests: Equatable {
    var requests: [(head: HTTPRequestHead, body: [UInt8])] = []
    var refusal: HTTPRequestError?
    var isMidway = false

    /// Feeds the bytes in pieces of the given size.
    init(
        _ bytes: [UInt8],
        piece: Int = .max,
        limits: HTTPServer.Limits = HTTPServer.Limits(),
        bodyBytesMax: Int? = nil
    ) {
        self.init(bytes, limits: limits, bodyBytesMax: bodyBytesMax) { piece }
    }

    /// Feeds the bytes in pieces of the sizes that are given one after the other.
    init(
        _ bytes: [UInt8],
        limits: HTTPServer.Limits,
        bodyBytesMax: Int? = nil,
        nextSize: () -> Int
    ) {
        var parser = HTTPRequestParser(limits: limits)
        var rest = bytes[...]
        var head: HTTPRequestHead?
        do {
            while !rest.isEmpty {
                let size = nextSize()
                parser.feed(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
                while let event = try parser.next() {
                    switch event {
                    case .head(let next):
                        head = next
                        if let bodyBytesMax { parser.bodyBytesMax = bodyBytesMax }
                    case .body(let body):
                        if let head { requests.append((head, body)) }
                    }
                }
            }
        } catch {
            refusal = error
        }
        isMidway = parser.isInRequest
    }

    init(_ text: String, piece: Int = .max, limits: HTTPServer.Limits = HTTPServer.Limits()) {
        self.init(Array(text.utf8), piece: piece, limits: limits)
    }

    static func == (one: ParsedRequests, other: ParsedRequests) -> Bool {
        one.requests.elementsEqual(other.requests) { $0.head == $1.head && $0.body == $1.body }
            && one.refusal == other.refusal
            && one.isMidway == other.isMidway
    }
}
