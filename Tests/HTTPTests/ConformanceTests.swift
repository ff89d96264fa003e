import HTTP
import Testing

/// The request cases of two other parsers' tests: accepted and refused as they say, but for what is
/// listed here with the clause that asks for something else.
struct ConformanceTests {
    private struct Verdict {
        var outcome: Corpus.Outcome
        var refusal: HTTPRequestError?
    }

    private static func verdict(_ item: Corpus.Case) -> Verdict {
        var parser = HTTPRequestParser()
        var outcome = Corpus.Outcome(count: 0, isRefused: false)
        var keepsAlive = true
        parser.feed(item.bytes)
        do {
            // Nothing is read after the request that ends a connection (RFC 9112 §9.6).
            while keepsAlive || outcome.count == 0, let event = try parser.next() {
                switch event {
                case .head(let head): keepsAlive = head.keepsAlive
                case .body: outcome.count += 1
                }
            }
            return Verdict(outcome: outcome)
        } catch {
            outcome.isRefused = true
            return Verdict(outcome: outcome, refusal: error)
        }
    }

    /// What differs from the corpus once it has the Host fields and line ends that it lacks.
    private static func deviations(
        in corpus: Corpus
    ) -> (found: [String: Corpus.Outcome], withoutHost: Int) {
        var found: [String: Corpus.Outcome] = [:]
        var withoutHost = 0
        for var item in corpus.cases {
            var verdict = verdict(item)
            let lacksHost = { (verdict: Verdict) in
                verdict.refusal?.reason == "not exactly one Host field (RFC 9112 §3.2)"
            }
            if lacksHost(verdict) {
                withoutHost += 1
                item = item.withHost
                verdict = Self.verdict(item)
            }
            if item.expected.isRefused, verdict.refusal == nil {
                verdict = Self.verdict(item.lineEnded)
                if lacksHost(verdict) { verdict = Self.verdict(item.withHost.lineEnded) }
            }
            if verdict.outcome != item.expected { found[item.name] = verdict.outcome }
        }
        return (found, withoutHost)
    }

    private static let ignored = Corpus.Outcome(count: 1, isRefused: false)
    private static let refused = Corpus.Outcome(count: 0, isRefused: true)

    private static let llhttp: [(String, Corpus.Outcome, clause: String)] = [
        (
            "request/connection.md: `keep-alive` / No restart when keep-alive is off (1.0)",
            ignored, "RFC 9112 §9.6: what follows the last request is not processed"
        ),
        (
            "request/connection.md: `close` / CRLF between requests, explicit `close`",
            ignored, "RFC 9112 §9.6: what follows the last request is not processed"
        ),
        (
            "request/connection.md: `close` / CRLF between requests, explicit `close` followed by tab",
            ignored, "RFC 9112 §9.6: what follows the last request is not processed"
        ),
        (
            "request/content-length.md: Content-Length reset when no body is received",
            Corpus.Outcome(count: 0, isRefused: false),
            "RFC 9112 §6.3: a length is heeded; the case skips the body by a callback"
        ),
        (
            "request/invalid.md: ICE protocol and GET method / HTTP protocol and ANNOUNCE method",
            ignored, "RFC 9110 §9.1: any token is a method; the router answers 501"
        ),
        (
            "request/invalid.md: ICE protocol and GET method / Invalid method",
            ignored, "RFC 9110 §9.1: any token is a method; the router answers 501"
        ),
        (
            "request/method.md: REPORT request / CONNECT request",
            refused, "RFC 9110 §9.3.6: no tunnel is offered, and what follows is not HTTP"
        ),
        (
            "request/method.md: REPORT request / CONNECT request with CAPS",
            refused, "RFC 9110 §9.3.6: no tunnel is offered, and what follows is not HTTP"
        ),
        (
            "request/method.md: REPORT request / CONNECT with body",
            refused, "RFC 9110 §9.3.6: no tunnel is offered, and what follows is not HTTP"
        ),
        (
            "request/uri.md: Underscore in hostname",
            refused, "RFC 9110 §9.3.6: no tunnel is offered, and what follows is not HTTP"
        ),
        (
            "request/method.md: REPORT request / M-SEARCH request",
            refused, "RFC 9112 §3.2.4: asterisk-form is for OPTIONS alone"
        ),
        (
            "request/method.md: REPORT request / PRI request HTTP2",
            refused, "RFC 9112 §3.2.4: asterisk-form is for OPTIONS alone; RFC 9113 is not spoken"
        ),
        (
            "request/method.md: REPORT request / SOURCE request with ICE",
            refused, "RFC 9112 §2.3: the version begins with HTTP/"
        ),
        (
            "request/method.md: REPORT request / OPTIONS request with RTSP",
            refused, "RFC 9112 §2.3: the version begins with HTTP/"
        ),
        (
            "request/method.md: REPORT request / ANNOUNCE request with RTSP",
            refused, "RFC 9112 §2.3: the version begins with HTTP/"
        ),
        (
            "request/sample.md: No HTTP version",
            refused, "RFC 9112 §3: a request line has a version; HTTP/0.9 is not spoken"
        ),
        (
            "request/transfer-encoding.md: POST with `chunked` as last transfer-encoding",
            refused, "RFC 9112 §3.2: no form of a target has a fragment"
        ),
        (
            "request/transfer-encoding.md: POST with `chunked` as last transfer-encoding "
                + "(multiple headers)",
            refused, "RFC 9112 §3.2: no form of a target has a fragment"
        ),
        (
            "request/uri.md: Fragment in URI",
            refused, "RFC 9112 §3.2: no form of a target has a fragment"
        ),
        (
            "request/uri.md: `host:port` and basic auth",
            refused, "RFC 9110 §4.2.4: user information is an error"
        ),
    ]

    private static let picohttpparser: [(String, Corpus.Outcome, clause: String)] = [
        (
            "test_request: parse multiline", refused,
            "RFC 9112 §5.2: a server refuses folded lines with 400"
        ),
        ("test_request: accept MSB chars", refused, "RFC 3986 §2: a target is of US-ASCII"),
        (
            "test_request: accept multiple spaces between tokens", refused,
            "RFC 9112 §3: one SP between the parts; leniency is a way to smuggle"
        ),
        ("chunked 6", refused, "RFC 9112 §7.1: a size that overflows elsewhere is refused"),
        ("chunked 20", refused, "RFC 9112 §2.2: LF alone ends a line for some parsers only"),
        ("chunked 21", refused, "RFC 9112 §2.2: LF alone ends a line for some parsers only"),
    ]

    @Test func `llhttp's requests are read as it reads them, but for the listed`() throws {
        let corpus = try Corpus.llhttp()
        #expect(corpus.cases.count == 134)
        let (found, withoutHost) = Self.deviations(in: corpus)
        #expect(found == Dictionary(uniqueKeysWithValues: Self.llhttp.map { ($0.0, $0.1) }))
        // Refused as they stand: an HTTP/1.1 request has exactly one Host field (RFC 9112 §3.2).
        #expect(withoutHost == 56)
        #expect(Self.llhttp.count == 20)
    }

    @Test func `picohttpparser's requests are read as it reads them, but for the listed`() throws {
        let corpus = try Corpus.picohttpparser()
        #expect(corpus.cases.count == 60)
        let (found, withoutHost) = Self.deviations(in: corpus)
        #expect(found == Dictionary(uniqueKeysWithValues: Self.picohttpparser.map { ($0.0, $0.1) }))
        #expect(withoutHost == 0)
        #expect(Self.picohttpparser.count == 6)
    }

    /// 400 for what may be read two ways; 501 for a coding or method that is not spoken, and 505 for
    /// a version, are no framing.
    @Test func `no case that a parser refuses is answered with a success`() throws {
        let cases = try Corpus.llhttp().cases + Corpus.picohttpparser().cases
        for item in cases where item.expected.isRefused {
            guard let refusal = Self.verdict(item).refusal else { continue }
            #expect(refusal.status == 400 || refusal.status == 505, "\(item.name): \(refusal)")
        }
    }
}
