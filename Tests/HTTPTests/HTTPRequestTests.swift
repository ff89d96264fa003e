import HTTP
import Testing

struct HTTPRequestTests {
    @Test(arguments: [
        ("/", "/"), ("/a/b", "/a/b"), ("/a%2eb", "/a.b"), ("/a/./b", "/a/b"), ("/a/../b", "/b"),
        ("/a/%2e%2E/b", "/b"), ("/a/b/..", "/a/"), ("/a/.", "/a/"), ("//a//", "//a//"),
        ("/a/...", "/a/..."), ("/.well-known/x", "/.well-known/x"), ("/%25%32%66", "/%2f"),
        ("/a+b", "/a+b"), ("/%C3%A9", "/é"), ("/a?b=/../c", "/a"),
    ])
    func `a path is decoded once and freed of dot segments`(target: String, path: String) throws {
        #expect(try HTTPRequest(target: target).path == path)
    }

    @Test(arguments: [
        "", "a", "/..", "/a/../..", "/%2e%2e/a", "/a%2fb", "/a%5Cb", "/a\\b", "/%", "/%4", "/%zz",
        "/%00", "/%ff", "/a#b", "/a b", "/é", "*", "ftp://a/", "http://", "http://u@a/",
        "/?a=%", "/?a=%FF",
    ])
    func `a target that cannot be normalised safely is refused`(target: String) {
        #expect(throws: HTTPRequestError.self) { try HTTPRequest(target: target) }
    }

    @Test func `query items are decoded pairs in order`() throws {
        let request = try HTTPRequest(target: "/?b=1&a=x%26y+z&b=2&&c&=d")
        #expect(request.query.map(\.name) == ["b", "a", "b", "c", ""])
        #expect(request.query.map(\.value) == ["1", "x&y z", "2", "", "d"])
        #expect(request.queryValue("b") == "1")
        #expect(request.queryValue("d") == nil)
    }

    @Test func `header names compare without case and keep their order`() {
        var headers: HTTPHeaders = ["Accept": "a", "accept": "b", "X": "c"]
        #expect(headers["ACCEPT"] == "a")
        #expect(headers.values("Accept") == ["a", "b"])
        headers["accept"] = "d"
        #expect(headers.fields.map(\.value) == ["c", "d"])
        headers["x"] = nil
        #expect(headers.fields.count == 1)
        #expect(
            HTTPHeaders(dictionaryLiteral: ("Connection", "a, Close")).hasToken(
                "close",
                in: "connection"
            )
        )
    }

    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    ])
    func `a time is written as IMF-fixdate`(seconds: Int, text: String) {
        #expect(HTTPDate.text(unixSeconds: seconds) == text)
    }
}
