import Testing

@testable import HTTP

struct IPAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"), ("::", "::"),
    ])
    func `an address has one text`(text: String, written: String) throws {
        #expect(try #require(IPAddress(text)).description == written)
    }

    @Test(arguments: ["", "1.2.3", "1.2.3.4.5", "01.2.3.400", "[::1]", "1.2.3.4:80", "host", "-"])
    func `what is no address is none`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
        ("0.0.0.0/0", "203.0.113.1", true), ("0.0.0.0/0", "::1", false), ("::/0", "::1", true),
        ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
        ("10.0.0.0/8", "::ffff:10.0.0.1", true),
    ])
    func `a block holds the addresses of its prefix`(block: String, address: String, holds: Bool)
        throws
    {
        let network = try #require(IPNetwork(block))
        #expect(network.contains(try #require(IPAddress(address))) == holds)
    }

    @Test(arguments: ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "a/8", "::1/64", ""])
    func `a block that says two things is refused`(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test func `an IPv6 customer is one account, whatever address they take`() throws {
        let one = try #require(IPAddress("2001:db8:1:2::1")).account
        #expect(one == IPAddress("2001:db8:1:2:ffff::9")?.account)
        #expect(one != IPAddress("2001:db8:1:3::1")?.account)
        #expect(IPAddress("192.0.2.1")?.account != IPAddress("192.0.2.2")?.account)
    }
}

struct ForwardedForTests {
    private let forwarding = ForwardedFor(
        trusted: ["10.0.0.0/8", "fd00::/8"].compactMap { IPNetwork($0) }
    )

    static let told: [(peer: String, HTTPHeaders, client: String)] = [
        ("10.0.0.1", [:], "10.0.0.1"),
        ("10.0.0.1", ["X-Forwarded-For": "203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["X-Forwarded-For": "198.51.100.9, 203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["X-Forwarded-For": "203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        (
            "10.0.0.1", ["X-Forwarded-For": "203.0.113.7", "x-forwarded-for": "10.9.9.9"],
            "203.0.113.7"
        ),
        ("10.0.0.1", ["X-Forwarded-For": "10.0.0.3,10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["X-Forwarded-For": "203.0.113.7:4711"], "203.0.113.7"),
        ("fd00::1", ["X-Forwarded-For": "[2001:db8::1]:80"], "2001:db8::1"),
        ("fd00::1", ["X-Forwarded-For": "2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", ["X-Forwarded-For": "203.0.113.7, nobody"], "10.0.0.1"),
        ("10.0.0.1", ["X-Forwarded-For": ""], "10.0.0.1"),
        ("10.0.0.1", ["Forwarded": "for=203.0.113.7;proto=https;by=10.0.0.1"], "203.0.113.7"),
        ("10.0.0.1", ["Forwarded": "For=\"[2001:db8::1]:4711\""], "2001:db8::1"),
        ("10.0.0.1", ["Forwarded": "for=198.51.100.9, for=203.0.113.7"], "203.0.113.7"),
        (
            "10.0.0.1", ["Forwarded": "for=203.0.113.7, for=10.0.0.9;by=\"a,b;for=1.1.1.1\""],
            "203.0.113.7"
        ),
        ("10.0.0.1", ["Forwarded": "for=203.0.113.7, for=_hidden"], "10.0.0.1"),
        ("10.0.0.1", ["Forwarded": "for=unknown"], "10.0.0.1"),
        ("10.0.0.1", ["Forwarded": "for=1.1.1.1;for=2.2.2.2"], "10.0.0.1"),
        ("10.0.0.1", ["Forwarded": "proto=https"], "10.0.0.1"),
        ("10.0.0.1", ["Forwarded": "for=\"1.1.1.1"], "10.0.0.1"),
    ]

    @Test(arguments: told)
    func `the last address before the trusted proxies is the client (RFC 7239 §8.1)`(
        peer: String,
        headers: HTTPHeaders,
        client: String
    ) throws {
        let found = forwarding.client(of: try #require(IPAddress(peer)), headers: headers)
        #expect(found.description == client)
    }

    @Test func `a peer that is no trusted proxy is not asked`() throws {
        let peer = try #require(IPAddress("203.0.113.1"))
        let headers: HTTPHeaders = ["X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1"]
        #expect(forwarding.client(of: peer, headers: headers) == peer)
        #expect(ForwardedFor(trusted: []).client(of: peer, headers: headers) == peer)
    }

    @Test func `two fields that name two clients are not believed`() throws {
        let peer = try #require(IPAddress("10.0.0.1"))
        let differ: HTTPHeaders = [
            "X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.8",
        ]
        #expect(forwarding.client(of: peer, headers: differ) == peer)
        let agree: HTTPHeaders = ["X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7"]
        #expect(forwarding.client(of: peer, headers: agree).description == "203.0.113.7")
    }
}
