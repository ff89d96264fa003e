import HTTP
import Testing

struct RouterTests {
    private let router = {
        var router = Router(problem: { status, request in
            .text("problem \(status) \(request?.path ?? "")", status: status)
        })
        func reply(_ name: String) -> HTTPHandler {
            .immediate { request in
                let parameters = request.parameters.sorted { $0.key < $1.key }
                return .text(([name] + parameters.map { "\($0)=\($1)" }).joined(separator: " "))
            }
        }
        router.on("GET", "/", reply("root"))
        router.on("GET", "/keys", reply("keys"))
        router.on("POST", "/keys", reply("make"))
        router.on("GET", "/keys/{id}", reply("key"))
        router.on("GET", "/keys/{id}/uses/{use}", reply("use"))
        router.on("GET", "/keys/mine", reply("mine"))
        router.on("DELETE", "/keys/{name}", reply("delete"))
        router.on("GET", "/files/{path...}", reply("file"))
        router.on(
            "GET",
            "/later",
            .completion { _, done in
                done(.text("later")); done(.text("twice"))
            }
        )
        router.on("GET", "/async", .async { _ in .text("async") })
        return router
    }()

    private func respond(_ method: String, _ target: String) async throws -> HTTPResponse {
        await router.respond(to: try HTTPRequest(method: method, target: target))
    }

    @Test(arguments: [
        ("GET", "/", "root"), ("GET", "/keys", "keys"), ("POST", "/keys", "make"),
        ("GET", "/keys/7", "key id=7"), ("GET", "/keys/mine", "mine"),
        ("GET", "/keys/7/uses/a%20b", "use id=7 use=a b"), ("DELETE", "/keys/7", "delete name=7"),
        ("GET", "/keys/mine/uses/1", "use id=mine use=1"), ("HEAD", "/keys", "keys"),
        ("GET", "/files/a/b/", "file path=a/b/"), ("GET", "/keys?x=1", "keys"),
        ("GET", "/later", "later"), ("GET", "/async", "async"),
    ])
    func `a request reaches its route`(method: String, target: String, text: String) async throws {
        #expect(try await respond(method, target).text == text)
    }

    @Test(arguments: [
        ("GET", "/nothing", 404), ("GET", "/keys/", 404), ("GET", "/keys/7/uses", 404),
        ("GET", "//keys", 404), ("GET", "/Keys", 404), ("PUT", "/keys", 405),
        ("BREW", "/keys", 501), ("BREW", "/nothing", 501), ("OPTIONS", "*", 204),
    ])
    func `what has no route is a problem`(method: String, target: String, status: Int) async throws
    {
        #expect(try await respond(method, target).status == status)
    }

    @Test func `405 says what is allowed`() async throws {
        let response = try await respond("PATCH", "/keys/7")
        #expect(response.status == 405)
        #expect(response.headers["Allow"] == "DELETE, GET, HEAD")
        #expect(response.text == "problem 405 /keys/7")
    }
}
