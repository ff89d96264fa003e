import Foundation
import JSON
import Synchronization
import Testing
import Transport

@testable import DreamFactory

@Suite struct SessionTests {
    let name: RecordName

    init() throws {
        name = try #require(RecordName("sub-1"))
    }

    @Test func `the first call logs in and the next ones use its session`() async throws {
        let sender = ScriptedSender([
            .loggedIn, .answer(200, Recorded.noRecords), .answer(200, Recorded.noRecords),
        ])
        let client = PlatformClient.make(sender)
        _ = try await client.role(named: name)
        _ = try await client.app(named: name)
        #expect(sender.lines.first == "POST /api/v2/system/admin/session")
        #expect(sender.sent[0].body == ["email": "admin@example.com", "password": "right"])
        #expect(sender.sent[0].headers["X-DreamFactory-Session-Token"] == nil)
        #expect(sender.sent[1].headers["X-DreamFactory-Session-Token"] == "T1")
        #expect(sender.sent[1].headers["Accept"] == "application/json")
        #expect(sender.sent[2].headers["X-DreamFactory-Session-Token"] == "T1")
    }

    @Test(arguments: [
        (401, "Token has expired: Session expired. Please refresh your token or re-login."),
        (401, "Invalid token: Token Signature could not be verified."),
        (403, Recorded.terminated),
    ])
    func `an ended session is followed by one login and the same call`(
        _ status: Int,
        _ message: String
    ) async throws {
        let sender = ScriptedSender([
            .loggedIn, .error(status, message), .loggedInAgain, .answer(200, Recorded.roles),
        ])
        let role = try await PlatformClient.make(sender).role(
            named: #require(RecordName("sub-1001"))
        )
        #expect(role?.id.rawValue == 1)
        #expect(sender.sent[3].headers["X-DreamFactory-Session-Token"] == "T2")
        #expect(sender.lines[3] == sender.lines[1])
    }

    @Test func `a session that is refused when fresh needs staff`() async throws {
        let refused = ScriptedSender.Line.error(401, "Unauthorized. User is not authenticated.")
        let sender = ScriptedSender([.loggedIn, refused, .loggedInAgain, refused])
        let error = await #expect(throws: PlatformError.self) {
            try await PlatformClient.make(sender).role(named: name)
        }
        #expect(error == PlatformError(.findRole, .sessionRefused))
        #expect(error?.remedy == .staff)
    }

    @Test func `any other 403 does not log in again`() async throws {
        let sender = ScriptedSender([
            .loggedIn,
            .error(403, "Access Forbidden. GET access to component 'role' is not allowed."),
        ])
        await #expect(throws: PlatformError(.findRole, .forbidden)) {
            try await PlatformClient.make(sender).role(named: name)
        }
        #expect(sender.isUsedUp)
    }

    @Test func `a wrong password is tried again only after a pause`() async throws {
        let clock = Mutex(Date(timeIntervalSince1970: 0))
        let refused = ScriptedSender.Line.error(401, "Invalid credentials supplied.")
        let sender = ScriptedSender([
            refused, refused, .loggedIn, .answer(200, Recorded.noRecords),
        ])
        let client = PlatformClient.make(sender, now: { clock.withLock { $0 } })
        let expected = PlatformError(.logIn, .loginRefused(status: 401))
        for _ in 0..<3 {
            await #expect(throws: expected) { try await client.role(named: name) }
        }
        #expect(sender.sent.count == 1)
        clock.withLock { $0 += 11 }
        for _ in 0..<3 {
            await #expect(throws: expected) { try await client.role(named: name) }
        }
        #expect(sender.sent.count == 2)
        clock.withLock { $0 += 21 }
        #expect(try await client.role(named: name) == nil)
    }

    @Test func `a platform that is down is asked again at once`() async throws {
        let sender = ScriptedSender([
            .fail(.connectionRefused), .loggedIn, .answer(200, Recorded.noRecords),
        ])
        let client = PlatformClient.make(sender)
        await #expect(throws: PlatformError(.logIn, .transport(.connectionRefused))) {
            try await client.role(named: name)
        }
        #expect(try await client.role(named: name) == nil)
    }

    @Test func `callers at once share one login`() async throws {
        let empty = ScriptedSender.Line.answer(200, Recorded.noRecords)
        let sender = ScriptedSender([.loggedIn] + Array(repeating: empty, count: 20)) { sent in
            guard sent.line.hasSuffix("session") else { return }
            for _ in 0..<100 { await Task.yield() }
        }
        let client = PlatformClient.make(sender)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask { _ = try await client.role(named: name) }
            }
            try await group.waitForAll()
        }
        #expect(sender.lines.filter { $0.hasSuffix("session") }.count == 1)
    }

    @Test func `a caller that is cancelled leaves the login to the others`() async throws {
        let (began, begin) = AsyncStream<Void>.makeStream()
        let (answered, answer) = AsyncStream<Void>.makeStream()
        let sender = ScriptedSender([.loggedIn, .answer(200, Recorded.noRecords)]) { sent in
            guard sent.line.hasSuffix("session") else { return }
            begin.yield()
            for await _ in answered { return }
        }
        let client = PlatformClient.make(sender)
        let leaving = Task { try await client.capabilities() }
        for await _ in began { break }
        async let staying = client.role(named: name)
        leaving.cancel()
        let error = await #expect(throws: PlatformError.self) { _ = try await leaving.value }
        #expect(error == PlatformError(.logIn, .transport(.cancelled)))
        #expect(error?.outcomeIsUnknown == false)
        answer.yield()
        #expect(try await staying == nil)
        #expect(sender.lines.filter { $0.hasSuffix("session") }.count == 1)
    }

    @Test(arguments: [
        ScriptedSender.Line.answer(200, Recorded.html), .answer(200, "{}"), .answer(200, ""),
        .answer(401, Recorded.html), .answer(200, #"{"session_token":""}"#),
    ])
    func `only a session token is a login`(_ answer: ScriptedSender.Line) async throws {
        let sender = ScriptedSender([answer])
        let error = await #expect(throws: PlatformError.self) {
            try await PlatformClient.make(sender).capabilities()
        }
        #expect(error?.remedy == .retry)
    }
}
