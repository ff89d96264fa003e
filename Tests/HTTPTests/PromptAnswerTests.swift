import Foundation
import HTTP
import Testing

struct PromptAnswerTests {
    private let router = {
        var router = Router()
        router.headers = ["X-Standing": "for all", "X-Other": "too"]
        router.on(
            "GET",
            "/prompt",
            .prompt { request, later in
                guard request.queryValue("later") != nil else { return .text("now.") }
                let done = later()
                Thread.detachNewThread { done(.text("later.")) }
                return nil
            }
        )
        router.on(
            "GET",
            "/queued",
            queue: RequestQueue(inFlightMax: 1),
            .prompt { _, _ in .text("queued.") }
        )
        router.on(
            "GET",
            "/forgets",
            .prompt { _, later in
                _ = later()
                return nil
            }
        )
        router.on(
            "GET",
            "/own",
            .prompt { _, _ in
                HTTPResponse(
                    status: 200,
                    headers: ["x-standing": "its own", "X-Odd Name": "a\r\nb\u{7f}c"]
                )
            }
        )
        return router
    }()

    @Test(arguments: [("/prompt", "now."), ("/prompt?later=1", "later."), ("/queued", "queued.")])
    func `a handler answers at once or later`(target: String, text: String) async throws {
        try await withServer(router) { address throws in
            #expect(try HTTPClient(address, timeout: patience).send("GET", target).text == text)
        }
        #expect(await router.respond(to: try HTTPRequest(target: target)).text == text)
    }

    @Test func `answers at once and later keep the order of their requests`() async throws {
        try await withServer(router) { address throws in
            let connection = try RawConnection(address)
            let targets = (0..<20).map { $0 % 3 == 0 ? "/prompt?later=1" : "/prompt" }
            for target in targets { connection.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n") }
            var text = ""
            for target in targets {
                text = connection.read(through: target == "/prompt" ? "now." : "later.")
            }
            let answers = text.matches(of: /(now|later)\./).map { String($0.1) }
            #expect(answers.allSatisfy { $0 == "now" || $0 == "later" })
        }
    }

    @Test func `a handler that lets go of its completion has failed`() async throws {
        try await withServer(router) { address throws in
            #expect(
                try HTTPClient(address, timeout: patience).send("GET", "/forgets").status == 500
            )
        }
    }

    @Test func `fields that every answer has give way to the handler's own`() async throws {
        try await withServer(router) { address throws in
            let client = HTTPClient(address, timeout: patience)
            let plain = try client.send("GET", "/prompt")
            #expect(plain.headers.values("X-Standing") == ["for all"])
            #expect(plain.headers.values("X-Other") == ["too"])
            let own = try client.send("GET", "/own")
            #expect(own.headers.values("X-Standing") == ["its own"])
            #expect(own.headers.values("X-Other") == ["too"])
        }
    }

    @Test func `no byte of a field begins another line`() async throws {
        try await withServer(router) { address throws in
            let own = try HTTPClient(address, timeout: patience).send("GET", "/own")
            #expect(own.headers["X-Odd-Name"] == "a  b c")
        }
    }
}
