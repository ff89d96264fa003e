import HTTP
import Testing

struct HTTPRequestParserTests {
    @Test func `a request is read into its parts`() throws {
        let parsed = ParsedRequests(
            "POST /a%20b/c?x=1&y=a+b&x=%C3%A9&z HTTP/1.1\r\nHost: example.com\r\n"
                + "X-One:  two words\t\r\nx-one: three\r\nContent-Length: 5\r\n\r\nhello"
        )
        let (head, body) = try #require(parsed.requests.first)
        #expect(parsed.requests.count == 1)
        #expect(head.method == "POST")
        #expect(head.path == "/a b/c")
        #expect(head.target == "/a%20b/c?x=1&y=a+b&x=%C3%A9&z")
        #expect(head.headers["X-ONE"] == "two words")
        #expect(head.headers.values("X-One") == ["two words", "three"])
        #expect(head.framing == .length(5))
        #expect(body == Array("hello".utf8))
    }

    static let accepted: [(String, keepsAlive: Bool, body: String)] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, ""),
        ("GET / HTTP/1.0\r\n\r\n", false, ""),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, ""),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n", false, ""),
        ("GET / HTTP/1.9\r\nHost: a\r\n\r\n", true, ""),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", true, ""),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", true, ""),
        ("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", true, ""),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", true, ""),
        ("GET http://b:1/x HTTP/1.1\r\nHost: a\r\n\r\n", true, ""),
        ("PURGE / HTTP/1.1\r\nHost: a\r\nX: \u{e9}\r\n\r\n", true, ""),
        ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 003\r\n\r\nabc", true, "abc"),
        (chunked("3\r\nabc\r\n0\r\n\r\n"), true, "abc"),
        (chunked("03\r\nabc\r\nA\r\n0123456789\r\n000\r\n\r\n"), true, "abc0123456789"),
        (chunked("3;a;b=c ; d=\"e\\\" f\"\r\nabc\r\n0;x\r\n\r\n"), true, "abc"),
        (chunked("3\r\nabc\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n"), true, "abc"),
    ]

    @Test(arguments: accepted)
    func `a request of the grammar is accepted`(
        text: String,
        keepsAlive: Bool,
        body: String
    ) throws {
        let parsed = ParsedRequests(text)
        #expect(parsed.refusal == nil)
        let request = try #require(parsed.requests.first)
        #expect(request.head.keepsAlive == keepsAlive)
        #expect(request.body == Array(body.utf8))
        #expect(!parsed.isMidway)
    }

    static let refused: [(Int, String, clause: String)] = [
        // Framing that two parsers could read two ways.
        (400, post("Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), "RFC 9112 §6.3"),
        (400, post("Content-Length: 3, 3\r\n\r\nabc"), "RFC 9110 §8.6"),
        (400, post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), "RFC 9112 §6.3"),
        (400, post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"), "RFC 9112 §6.3"),
        (400, post("Content-Length: +3\r\n\r\nabc"), "RFC 9110 §8.6"),
        (400, post("Content-Length: -3\r\n\r\nabc"), "RFC 9110 §8.6"),
        (400, post("Content-Length: 0x3\r\n\r\nabc"), "RFC 9110 §8.6"),
        (400, post("Content-Length: 1 2\r\n\r\nabc"), "RFC 9110 §8.6"),
        (400, post("Content-Length:\r\n\r\nabc"), "RFC 9110 §8.6"),
        (400, post("Content-Length: 18446744073709551619\r\n\r\nabc"), "RFC 9110 §8.6"),
        (400, post("Transfer-Encoding: chunked, identity\r\n\r\n"), "RFC 9112 §6.3"),
        (400, post("Transfer-Encoding: chunked, chunked\r\n\r\n"), "RFC 9112 §6.3"),
        (400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"), "RFC 9112 §6.3"),
        (400, post("Transfer-Encoding: xchunked\r\n\r\n"), "RFC 9112 §6.3"),
        (400, post("Transfer-Encoding: \"chunked\"\r\n\r\n"), "RFC 9112 §6.3"),
        (400, post("Transfer-Encoding:\r\n\r\n"), "RFC 9112 §6.3"),
        (501, post("Transfer-Encoding: gzip, chunked\r\n\r\n"), "RFC 9112 §6.1"),
        (400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "RFC 9112 §6.1"),
        // Lines.
        (400, "GET / HTTP/1.1\nHost: a\n\n", "RFC 9112 §2.2"),
        (400, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "RFC 9112 §2.2"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\n\n", "RFC 9112 §2.2"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n", "RFC 9110 §5.5"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", "RFC 9112 §5.2"),
        (400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "RFC 9112 §5.2"),
        (400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "RFC 9112 §5.1"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", "RFC 9112 §5.1"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", "RFC 9112 §5.1"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n", "RFC 9112 §5.1"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", "RFC 9110 §5.5"),
        (400, "\r\n\r\n\r\n\r\n\r\n\r\n", "RFC 9112 §2.2"),
        // Request line and Host.
        (400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "RFC 9112 §2.3"),
        (400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "RFC 9112 §2.3"),
        (400, "GET / http/1.1\r\nHost: a\r\n\r\n", "RFC 9112 §2.3"),
        (400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "RFC 9112 §2.3"),
        (400, "GET /\r\n\r\n", "RFC 9112 §3"),
        (400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "RFC 9112 §3"),
        (400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "RFC 9112 §3"),
        (400, "\u{16}\u{3}\u{1}", "RFC 9112 §3"),
        (505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "RFC 9110 §15.6.6"),
        (505, "PRI * HTTP/2.0\r\n\r\n", "RFC 9110 §15.6.6"),
        (501, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", "RFC 9110 §9.3.6"),
        (400, "GET / HTTP/1.1\r\n\r\n", "RFC 9112 §3.2"),
        (400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "RFC 9112 §3.2"),
        (400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "RFC 9112 §3.2"),
        (400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "RFC 9112 §3.2"),
        (400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "RFC 9112 §3.2"),
        (417, post("Expect: 200-ok\r\nContent-Length: 3\r\n\r\nabc"), "RFC 9110 §10.1.1"),
        // Chunks.
        (400, chunked("\r\nabc\r\n0\r\n\r\n"), "RFC 9112 §7.1"),
        (400, chunked("0x3\r\nabc\r\n0\r\n\r\n"), "RFC 9112 §7.1"),
        (400, chunked("-3\r\nabc\r\n0\r\n\r\n"), "RFC 9112 §7.1"),
        (400, chunked(" 3\r\nabc\r\n0\r\n\r\n"), "RFC 9112 §7.1"),
        (400, chunked("3 \r\nabc\r\n0\r\n\r\n"), "RFC 9112 §7.1"),
        (400, chunked("3\nabc\r\n0\r\n\r\n"), "RFC 9112 §2.2"),
        (400, chunked("3\r\nabcd\r\n0\r\n\r\n"), "RFC 9112 §7.1"),
        (400, chunked("3\r\nab\r\n0\r\n\r\n"), "RFC 9112 §7.1"),
        (400, chunked("3\r\nabc\n0\r\n\r\n"), "RFC 9112 §7.1"),
        (400, chunked("10000000000000000\r\n"), "RFC 9112 §7.1"),
        (400, chunked("FFFFFFFFFFFFFFFF\r\n"), "RFC 9112 §7.1"),
        (400, chunked("3;\r\nabc\r\n0\r\n\r\n"), "RFC 9112 §7.1"),
        (400, chunked("3;a=\"b\r\nabc\r\n0\r\n\r\n"), "RFC 9112 §7.1"),
        (400, chunked("3;a\rb\r\nabc\r\n0\r\n\r\n"), "RFC 9112 §7.1"),
        (400, chunked("0\r\n X: a\r\n\r\n"), "RFC 9112 §5.2"),
        (400, chunked("0\r\nX a\r\n\r\n"), "RFC 9112 §5.1"),
    ]

    @Test(arguments: refused)
    func `a request outside the grammar is refused, naming the clause`(
        status: Int,
        text: String,
        clause: String
    ) throws {
        let parsed = ParsedRequests(text)
        #expect(parsed.requests.isEmpty)
        let refusal = try #require(parsed.refusal)
        #expect(refusal.status == status)
        #expect(refusal.reason.contains(clause), "\(refusal)")
    }

    static let limited: [(Int, String)] = [
        (414, "GET /\(long(100)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        (414, "GET /\(long(100))"),
        (431, "GET / HTTP/1.1\r\nHost: a\r\nX: \(long(200))\r\n\r\n"),
        (431, "GET / HTTP/1.1\r\nHost: a\r\nX: \(long(200))"),
        (431, "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 8) + "\r\n"),
        (413, post("Content-Length: 11\r\n\r\n")),
        (413, post("Content-Length: 999999999999999999\r\n\r\n")),
        (413, chunked("B\r\n")),
        (413, chunked("5\r\nabcde\r\n6\r\n")),
        (413, chunked("1;x=\(long(100))\r\n")),
        (413, chunked(String(repeating: "1;xxxxxxx\r\na\r\n", count: 9))),
        (431, chunked("0\r\nX: \(long(200))\r\n\r\n")),
        (431, chunked("0\r\n" + String(repeating: "X: y\r\n", count: 8) + "\r\n")),
    ]

    @Test(arguments: limited)
    func `what is over a limit is refused`(status: Int, text: String) {
        #expect(ParsedRequests(text, limits: .small).refusal?.status == status)
    }

    @Test func `a body at its limit is accepted`() {
        let parsed = ParsedRequests(
            post("Content-Length: 10\r\n\r\n0123456789"),
            limits: .small
        )
        #expect(parsed.requests.count == 1)
    }

    @Test func `a route's own limit replaces the server's`() {
        let bytes = Array(post("Content-Length: 11\r\n\r\n01234567890").utf8)
        let wide = ParsedRequests(bytes, limits: .small, bodyBytesMax: 11)
        #expect(wide.requests.count == 1)
        #expect(ParsedRequests(bytes, bodyBytesMax: 4).refusal?.status == 413)
    }

    @Test func `pipelined requests are read one after the other`() {
        let texts = Self.accepted.map { $0.0 }
        let parsed = ParsedRequests(texts.joined())
        #expect(parsed.refusal == nil)
        #expect(
            parsed.requests.map { String(decoding: $0.body, as: UTF8.self) }
                == Self.accepted.map { $0.body }
        )
    }

    @Test(arguments: [1, 2, 3, 7, 64])
    func `pieces of any size give what the whole gives`(piece: Int) {
        for (text, _, _) in Self.accepted {
            #expect(ParsedRequests(text, piece: piece) == ParsedRequests(text))
        }
        for (_, text, _) in Self.refused {
            #expect(
                ParsedRequests(text, piece: piece) == ParsedRequests(text),
                "\(text.debugDescription)"
            )
        }
        for (_, text) in Self.limited {
            let whole = ParsedRequests(text, limits: .small)
            #expect(ParsedRequests(text, piece: piece, limits: .small) == whole)
        }
    }

    @Test func `a request cut anywhere waits for the rest`() {
        for (text, _, _) in Self.accepted {
            let bytes = Array(text.utf8)
            for end in bytes.indices.dropFirst() {
                let parsed = ParsedRequests(Array(bytes[..<end]))
                #expect(parsed.refusal == nil)
                #expect(parsed.requests.isEmpty)
            }
        }
    }

    @Test func `random damage never gives another result in pieces than in one`() {
        var generator = SeededGenerator(seed: 9_112)
        let samples = (Self.accepted.map { $0.0 } + Self.refused.map { $0.1 }).map {
            Array($0.utf8)
        }
        for round in 0..<2_000 {
            var bytes = samples[round % samples.count] + samples[(round * 7) % samples.count]
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let at = Int.random(in: bytes.indices, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[at] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: bytes.remove(at: at)
                default: bytes.insert(bytes[at], at: at)
                }
            }
            let piece = Int.random(in: 1...20, using: &generator)
            #expect(ParsedRequests(bytes, piece: piece) == ParsedRequests(bytes), "round \(round)")
        }
    }

    @Test func `an absolute target names the host`() throws {
        let parsed = ParsedRequests("GET http://b:1?q=1 HTTP/1.1\r\nHost: a\r\n\r\n")
        let head = try #require(parsed.requests.first?.head)
        #expect(head.headers.values("Host") == ["b:1"])
        #expect(head.path == "/")
    }

    @Test func `an expectation is heeded in 1 point 1 with a body and ignored otherwise`() {
        let fields = "Host: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx"
        let heads = ["1.1", "1.0"].compactMap {
            ParsedRequests("POST / HTTP/\($0)\r\n\(fields)").requests.first?.head.expectsContinue
        }
        #expect(heads == [true, false])
    }
}

private func post(_ fields: String) -> String { "POST / HTTP/1.1\r\nHost: a\r\n\(fields)" }

private func chunked(_ body: String) -> String { post("Transfer-Encoding: Chunked\r\n\r\n\(body)") }

private func long(_ count: Int) -> String { String(repeating: "x", count: count) }

extension HTTPServer.Limits {
    static var small: HTTPServer.Limits {
        var limits = HTTPServer.Limits()
        limits.requestLineBytes = 64
        limits.headerBytes = 128
        limits.headerCount = 6
        limits.bodyBytes = 10
        limits.chunkFramingBytes = 64
        return limits
    }
}

/// A small reproducible source of randomness (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
