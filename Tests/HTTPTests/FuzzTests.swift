import Foundation
import Testing

@testable import HTTP

/// Valid requests, damaged at random and cut at random, for as many seconds as
/// `TOLLGATE_FUZZ_SECONDS` says, one unless set.
struct FuzzTests {
    private static let seconds =
        ProcessInfo.processInfo.environment["TOLLGATE_FUZZ_SECONDS"].flatMap(Double.init) ?? 1

    /// One seed that is always the same, and one that is new; give it here to see a failure again.
    private static let seeds = [9_112, UInt64.random(in: 0 ... .max)]

    @Test(arguments: seeds)
    func `damaged requests are read in pieces as in one, and nothing crashes`(seed: UInt64) {
        print("fuzz: seed \(seed), \(Self.seconds) seconds")
        var generator = SeededGenerator(seed: seed)
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var rounds = 0
        while ContinuousClock.now < end {
            rounds += 1
            var bytes = RequestGrammar.request(&generator)
            if Bool.random(using: &generator) { bytes += RequestGrammar.request(&generator) }
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                RequestGrammar.damage(&bytes, &generator)
            }
            let limits = rounds % 3 == 0 ? HTTPServer.Limits.small : HTTPServer.Limits()
            let whole = ParsedRequests(bytes, limits: limits)
            let pieces = ParsedRequests(bytes, limits: limits) {
                Int.random(in: 1...32, using: &generator)
            }
            let single = rounds % 4 == 0 ? ParsedRequests(bytes, piece: 1, limits: limits) : whole
            #expect(
                pieces == whole && single == whole,
                "seed \(seed), round \(rounds): \(Data(bytes).base64EncodedString())"
            )
            check(whole, limits)
            readForwarded(bytes)
        }
        print("fuzz: seed \(seed), \(rounds) rounds")
    }

    /// Whatever came in, this holds of what came out.
    private func check(_ parsed: ParsedRequests, _ limits: HTTPServer.Limits) {
        for (head, body) in parsed.requests {
            #expect(body.count <= limits.bodyBytes)
            #expect(head.headers.fields.count <= limits.headerCount)
            #expect(!head.path.utf8.contains(0))
            #expect(!head.path.split(separator: "/").contains { $0 == ".." || $0 == "." })
            // Two lengths, or a length and a coding, are never read as a request (RFC 9112 §6.3).
            let framings =
                head.headers.values("Content-Length").count
                + head.headers.values("Transfer-Encoding").count
            #expect(framings <= 1)
            #expect(head.minorVersion == 0 || head.headers.values("Host").count == 1)
        }
        if let refusal = parsed.refusal {
            #expect([400, 413, 414, 417, 431, 501, 505].contains(refusal.status))
        }
    }

    private func readForwarded(_ bytes: [UInt8]) {
        guard let peer = IPAddress("127.0.0.1") else { return }
        let text = String(decoding: bytes.prefix(120), as: UTF8.self)
        let forwarding = ForwardedFor(trusted: IPNetwork.loopback)
        for name in ["Forwarded", "X-Forwarded-For"] {
            var headers = HTTPHeaders()
            headers.add(name, text)
            _ = forwarding.client(of: peer, headers: headers)
        }
    }
}

/// Makes valid requests of many shapes, and damages them.
private enum RequestGrammar {
    private static let targets = [
        "/", "/v1/key?wait=30", "/a%20b/../c/./d", "http://example.com:80/x?y=%26",
        "/webhooks/stripe",
        "/%2e%2e/%2e", "//", "/?a=b&a=c&+=%C3%A9",
    ]
    private static let fields = [
        "Accept: */*", "X-Empty:", "Connection: keep-alive", "Connection: close, x",
        "Forwarded: for=\"[2001:db8::1]:80\";proto=https, for=10.0.0.1", "Expect: 100-continue",
        "X-Forwarded-For: 203.0.113.7, 10.0.0.1", "Cookie: a=b; c=\"d\"", "X-Byte: \u{e9}\t\u{ff}",
    ]
    /// What makes parsers differ.
    private static let snippets = [
        "\r", "\n", "\r\n", "\0", ":", " ", "\t", ";", ",", "0\r\n\r\n", "%", "%2f", "../", "\"",
        "\\",
        "Content-Length: 5\r\n", "Content-Length: +5\r\n", "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Host: b\r\n", " HTTP/1.1\r\n", " HTTP/1.0\r\n",
        "fffffffffffffff\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n ", "#", "@", "[::1]",
    ].map { Array($0.utf8) }

    static func request(_ generator: inout SeededGenerator) -> [UInt8] {
        let version = Int.random(in: 0..<8, using: &generator) == 0 ? "1.0" : "1.1"
        var text =
            "\(["GET", "POST", "PUT", "OPTIONS", "BREW"].randomElement(using: &generator) ?? "")"
        text += " \(targets.randomElement(using: &generator) ?? "") HTTP/\(version)\r\nHost: a\r\n"
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            text += "\(fields.randomElement(using: &generator) ?? "")\r\n"
        }
        let body = String(repeating: "body\r\n", count: Int.random(in: 0...5, using: &generator))
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: text += "\r\n"
        case 1: text += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        default:
            text += "Transfer-Encoding: chunked\r\n\r\n"
            for _ in 0..<Int.random(in: 0...3, using: &generator) where !body.isEmpty {
                text += "\(String(body.utf8.count, radix: 16));x=\"y\"\r\n\(body)\r\n"
            }
            text += Bool.random(using: &generator) ? "0\r\n\r\n" : "0;z\r\nX-Sum: 1\r\n\r\n"
        }
        return Array(text.utf8)
    }

    static func damage(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: bytes[at] = UInt8.random(in: .min ... .max, using: &generator)
        case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.remove(at: at)
        case 3: bytes.insert(contentsOf: snippets.randomElement(using: &generator) ?? [], at: at)
        case 4: bytes.removeSubrange(at..<min(bytes.count, at + 9))
        case 5: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 30)], at: at)
        default: bytes.removeSubrange(at...)
        }
    }
}
