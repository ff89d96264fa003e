import Foundation
import JSON
import Synchronization
import Testing
import Transport

@testable import DreamFactory

@Suite struct CallPolicyTests {
    private static func client(
        _ sender: ScriptedSender,
        _ caller: PlatformCaller,
        pauses: PauseLog = PauseLog(),
        policy: CallPolicy = .standard
    ) throws -> PlatformClient {
        PlatformClient(
            address: try PlatformAddress("http://127.0.0.1:8081", isLive: true),
            caller: caller,
            sender: sender,
            policy: policy,
            sleep: { pauses.note($0) },
            now: { Date(timeIntervalSince1970: 1_800_000_000) }
        )
    }

    private static func key() throws -> AppKey { try #require(AppKey(Recorded.key)) }

    @Test(arguments: [
        ScriptedSender.Line.fail(.connectionLost), .fail(.timedOut), .fail(.connectionRefused),
        .answer(503, ""), .answer(502, Recorded.html),
    ])
    func `a read is repeated with growing pauses`(_ failure: ScriptedSender.Line) async throws {
        let pauses = PauseLog()
        let sender = ScriptedSender([failure, failure, .answer(200, Recorded.noRecords)])
        let client = try Self.client(sender, .apiKey(Self.key()), pauses: pauses)
        #expect(try await client.roles.list().rows.isEmpty)
        #expect(pauses.all == [.milliseconds(200), .milliseconds(400)])
        #expect(sender.isUsedUp)
    }

    @Test(arguments: [
        ScriptedSender.Line.fail(.connectionLost), .fail(.timedOut), .answer(503, ""),
        .answer(500, Recorded.laravel), .answer(429, Recorded.html),
    ])
    func `a write whose outcome is unknown is not repeated`(
        _ failure: ScriptedSender.Line
    ) async throws {
        let sender = ScriptedSender([failure])
        let client = try Self.client(sender, .apiKey(Self.key()))
        await #expect(throws: PlatformError.self) {
            _ = try await client.roles.create([["name": "r"] as JSONValue])
        }
        #expect(sender.sent.count == 1)
    }

    @Test func `a write that never arrived is repeated`() async throws {
        let sender = ScriptedSender([
            .fail(.connectionRefused), .answer(201, #"{"resource":[{"id":1}]}"#),
        ])
        let client = try Self.client(sender, .apiKey(Self.key()))
        let made = try await client.roles.create([["name": "r"] as JSONValue])
        #expect(made.map(\.id.rawValue) == [1])
    }

    @Test func `a procedure is never repeated, not even with GET`() async throws {
        let sender = ScriptedSender([.fail(.timedOut)])
        let client = try Self.client(sender, .apiKey(Self.key()))
        await #expect(throws: PlatformError.self) {
            try await client.database("shop").procedures.get("charge")
        }
        #expect(sender.sent.count == 1)
    }

    @Test func `a caller that repeats by itself is left to it`() async throws {
        let sender = ScriptedSender([.loggedIn, .answer(503, "")])
        await #expect(throws: PlatformError.self) {
            try await PlatformClient.make(sender).capabilities()
        }
        #expect(sender.isUsedUp)
    }

    @Test func `no more calls are under way than the policy allows`() async throws {
        let gauge = Gauge()
        let empty = ScriptedSender.Line.answer(200, Recorded.noRecords)
        let sender = ScriptedSender(Array(repeating: empty, count: 40)) { _ in
            gauge.enter()
            for _ in 0..<20 { await Task.yield() }
            gauge.leave()
        }
        let policy = CallPolicy(concurrentCalls: 3)
        let client = try Self.client(sender, .apiKey(Self.key()), policy: policy)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 { group.addTask { _ = try await client.roles.list() } }
            try await group.waitForAll()
        }
        #expect(gauge.most <= 3)
        #expect(sender.isUsedUp)
    }

    @Test func `a cancelled call leaves the queue`() async {
        let gate = CallGate(places: 1)
        #expect(await gate.enter())
        let waiting = Task { await gate.enter() }
        waiting.cancel()
        #expect(await !waiting.value)
        gate.leave()
        #expect(await gate.enter())
    }

    @Test func `a key alone is sent alone and never logs in`() async throws {
        let forbidden = ScriptedSender.Line.error(401, "Unauthorized. User is not authenticated.")
        let sender = ScriptedSender([forbidden])
        let client = try Self.client(sender, .apiKey(Self.key()))
        await #expect(throws: PlatformError(.read("list the roles"), .forbidden)) {
            try await client.roles.list()
        }
        #expect(sender.sent[0].headers["X-DreamFactory-API-Key"] == Recorded.key)
        #expect(sender.sent[0].headers["X-DreamFactory-Session-Token"] == nil)
    }

    @Test func `a user logs in at the users' door and sends the key too`() async throws {
        let sender = ScriptedSender([.loggedIn, .answer(200, Recorded.noRecords)])
        let credentials = PlatformCredentials(email: "joe@example.com", password: "right")
        let client = try Self.client(sender, .user(credentials, key: Self.key()))
        _ = try await client.database("shop").table("customers").list()
        #expect(
            sender.lines == ["POST /api/v2/user/session", "GET /api/v2/shop/_table/customers"]
        )
        #expect(sender.sent[1].headers["X-DreamFactory-Session-Token"] == "T1")
        #expect(sender.sent[1].headers["X-DreamFactory-API-Key"] == Recorded.key)
    }

    @Test func `a refreshed session is gone on with, an ended one is opened anew`() async throws {
        let sender = ScriptedSender([
            .loggedIn, .loggedInAgain, .answer(200, Recorded.noRecords),
            .answer(200, #"{"success":true}"#), .loggedIn, .answer(200, Recorded.noRecords),
        ])
        let credentials = PlatformCredentials(email: "admin@example.com", password: "right")
        let client = try Self.client(sender, .administrator(credentials))
        #expect(try await client.adminSession.refresh().token == SessionToken("T2"))
        _ = try await client.roles.list()
        try await client.adminSession.logOut()
        _ = try await client.roles.list()
        #expect(
            sender.sent.map { $0.headers["X-DreamFactory-Session-Token"] }
                == [nil, "T1", "T2", "T2", nil, "T1"]
        )
    }
}

/// What a client waited for.
final class PauseLog: Sendable {
    private let pauses = Mutex<[Duration]>([])

    var all: [Duration] { pauses.withLock { $0 } }

    func note(_ duration: Duration) { pauses.withLock { $0.append(duration) } }
}

/// How many are inside, and how many were at most.
final class Gauge: Sendable {
    private let state = Mutex((now: 0, most: 0))

    var most: Int { state.withLock { $0.most } }

    func enter() {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
        }
    }

    func leave() { state.withLock { $0.now -= 1 } }
}
