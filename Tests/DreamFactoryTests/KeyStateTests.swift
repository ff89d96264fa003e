import Testing
import Transport

@testable import DreamFactory

@Suite struct KeyStateTests {
    @Test(arguments: [
        (401, "Unauthorized. User is not authenticated.", KeyState.alive),
        (403, "App is not active.", .asleep),
        (
            403,
            "Access Forbidden. The role assigned to you or your application or the default role "
                + "of your application is not active.", .asleep
        ),
        (400, Recorded.unknownKey, .gone),
        (404, "Role not found.", .teardownUnfinished),
        (404, "App not found.", .teardownUnfinished),
        (401, "Token has expired: Session expired.", .inconclusive(status: 401)),
        (400, "No session token (JWT) or API Key detected.", .inconclusive(status: 400)),
        (403, "Access Forbidden. GET access to component", .inconclusive(status: 403)),
        (404, "Record with identifier '1' not found.", .inconclusive(status: 404)),
        (429, "API limit(s) exceeded. ", .inconclusive(status: 429)),
        (200, "Unauthorized. User is not authenticated.", .inconclusive(status: 200)),
        (401, "App is not active.", .inconclusive(status: 401)),
    ])
    func `a probe reads status, envelope and message`(
        _ status: Int,
        _ message: String,
        _ expected: KeyState
    ) async throws {
        let sender = ScriptedSender([.error(status, message)])
        let key = try #require(AppKey(Recorded.key))
        #expect(try await PlatformClient.make(sender).probe(key) == expected)
        #expect(sender.lines == ["GET /api/v2/system/role?limit=1"])
        #expect(sender.sent[0].headers["X-DreamFactory-API-Key"] == Recorded.key)
        #expect(sender.sent[0].headers["X-DreamFactory-Session-Token"] == nil)
    }

    @Test(arguments: [
        (401, Recorded.html), (400, Recorded.html), (404, ""), (200, Recorded.noRecords),
        (401, #"{"message":"Unauthorized. User is not authenticated."}"#),
        (400, #"{"error":{"code":401,"message":"Unauthorized. User is not authenticated."}}"#),
        (401, #"{"error":{"code":401,"message":"Unauthorized. User is not authenticated."}}"#),
    ])
    func `an answer without the platform's envelope proves nothing`(
        _ status: Int,
        _ body: String
    ) async throws {
        let sender = ScriptedSender([.answer(status, body)])
        let key = try #require(AppKey(Recorded.key))
        let state = try await PlatformClient.make(sender).probe(key)
        #expect(state == .inconclusive(status: status))
    }
}

@Suite struct PlatformAddressTests {
    @Test(arguments: [
        "https://platform.example.com", "https://platform.example.com:8443/", "http://127.0.0.1:80",
        "http://localhost:8081", "http://[::1]:8081",
    ])
    func `a safe address is accepted in live mode`(_ text: String) throws {
        let address = try PlatformAddress(text, isLive: true)
        #expect(!address.origin.hasSuffix("/"))
    }

    @Test func `clear text to another host is refused in live mode only`() throws {
        #expect(throws: PlatformAddress.Refusal.clearText(host: "platform.example.com")) {
            try PlatformAddress("http://platform.example.com", isLive: true)
        }
        #expect(throws: PlatformAddress.Refusal.clearText(host: "127.0.0.1.example.com")) {
            try PlatformAddress("http://127.0.0.1.example.com", isLive: true)
        }
        _ = try PlatformAddress("http://platform.example.com", isLive: false)
    }

    @Test(arguments: ["", "platform", "ftp://a", "http://", "https://a?b=c", "https://u:p@a"])
    func `anything else is no address`(_ text: String) {
        #expect(throws: PlatformAddress.Refusal.self) { try PlatformAddress(text, isLive: false) }
    }
}
