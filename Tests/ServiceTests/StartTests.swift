import Foundation
import HTTP
import JSON
import Sandbox
import SQLite
import Storage
import Subscriptions
import Testing

@testable import Service

/// What a Tollgate refuses to start on, and that it can start afterwards.
struct StartTests {
    private let folder: TemporaryFolder
    private let clock = SandboxClock { Road.start }
    private let wire: Wire

    init() throws {
        folder = try TemporaryFolder()
        wire = Wire(try SandboxPlatform())
    }

    private func start(_ changes: [String: String] = [:]) async throws -> Tollgate {
        let settings = Road.settings(folder).merging(changes) { $1 }
        return try await Road.tollgate(settings, wire: wire, clock: clock)
    }

    private func refusal(_ changes: [String: String]) async throws -> String {
        let error = await #expect(throws: (any Error).self) { try await start(changes) }
        return "\(try #require(error))"
    }

    @Test func `a database of the other mode is refused`() async throws {
        try await start().close()
        let sentence = try await refusal([
            "TOLLGATE_MODE": "live",
            "STRIPE_WEBHOOK_SECRET": "whsec_of_live_mode_0123456789abcdef0123",
        ])
        #expect(
            sentence == "The database \(folder.file("tollgate.db")) belongs to test mode and "
                + "TOLLGATE_MODE says live: use another database for each mode."
        )
        try await start().close()
    }

    @Test func `in live mode a lost database is not begun anew`() async throws {
        let live = [
            "TOLLGATE_MODE": "live",
            "STRIPE_WEBHOOK_SECRET": "whsec_of_live_mode_0123456789abcdef0123",
        ]
        try await start(live).close()
        let file = folder.file("tollgate.db")
        try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
        let sentence = try await refusal(live)
        #expect(sentence.contains("tollgate.db is missing, but"))
        #expect(
            sentence.contains("restore it with `tollgate restore FILE`, or remove the lock file")
        )
        #expect(!FileManager.default.fileExists(atPath: file))
        try FileManager.default.moveItem(atPath: file + ".away", toPath: file)
        try await start(live).close()
    }

    @Test(arguments: ["http://127.0.0.1:8082", "https://127.0.0.1:8081", "http://localhost:8081"])
    func `a database of another platform is refused`(_ url: String) async throws {
        try await start().close()
        let sentence = try await refusal(["DREAMFACTORY_URL": url])
        #expect(sentence.contains("belongs to the platform http://127.0.0.1:8081 and "))
        #expect(sentence.contains("DREAMFACTORY_URL says \(url):"))
        try await start(["DREAMFACTORY_URL": "HTTP://127.0.0.1:8081/"]).close()
    }

    @Test func `a master key that is still in use must be configured`() async throws {
        let road = try await Road()
        _ = try await road.claimed()
        road.tollgate.close()
        let copy = try folder.copy(of: road.folder.file("tollgate.db"))
        let other = Road.masterKey.replacing("0f", with: "f1")
        let changes = ["TOLLGATE_DATABASE": copy, "TOLLGATE_MASTER_KEY": other]
        let sentence = try await refusal(changes)
        let id = road.tollgate.configuration.keyRing.current.id
        #expect(
            sentence == "The master key \(id) is still in use but not configured: add it to "
                + "TOLLGATE_MASTER_KEYS_OLD."
        )
        #expect(!sentence.contains(other))
        let both = changes.merging(["TOLLGATE_MASTER_KEYS_OLD": Road.masterKey]) { $1 }
        try await start(both).close()
    }

    @Test func `a second Tollgate on the same database is refused while the first lives`()
        async throws
    {
        var first: Tollgate? = try await start()
        let link = folder.file("link.db")
        try FileManager.default.createSymbolicLink(
            atPath: link,
            withDestinationPath: folder.file("tollgate.db")
        )
        for path in [folder.file("tollgate.db"), link] {
            await #expect(throws: DatabaseLock.Failure.held(lockPath: first?.lock.lockPath ?? "")) {
                try await start(["TOLLGATE_DATABASE": path])
            }
        }
        first?.close()
        first = nil
        try await start().close()
    }

    @Test func `a newer database is refused`() async throws {
        let first = try await start()
        try await first.store.database.write { connection in
            _ = try connection.run(
                """
                INSERT INTO migration SELECT version + 1, 'later', sql, applied_at FROM migration
                ORDER BY version DESC LIMIT 1
                """
            )
        }
        first.close()
        let copy = try folder.copy(of: folder.file("tollgate.db"))
        let sentence = try await refusal(["TOLLGATE_DATABASE": copy])
        #expect(sentence.contains("use the newer program"), "\(sentence)")
    }

    @Test func `a folder that is not there is refused`() async throws {
        let sentence = try await refusal(["TOLLGATE_DATABASE": folder.file("none/tollgate.db")])
        #expect(sentence.contains(folder.file("none")), "\(sentence)")
    }

    @Test func `a body over the limit is 413 over a socket, and nothing is stored`() async throws {
        let tollgate = try await start()
        let running = try RunningTollgate(tollgate)
        let client = HTTPClient(
            .tcp(host: "127.0.0.1", port: running.addresses.port),
            timeout: .seconds(300)
        )
        let body = [UInt8](repeating: 0x20, count: WebhookRoute.bodyBytesMax + 1)
        let signature = Road.signature(body, at: clock.now)
        let response = try await client.request(
            "POST",
            "/webhooks/stripe",
            headers: ["Stripe-Signature": signature],
            body: body
        )
        #expect(response.status == 413)
        #expect(response.headers["Content-Type"] == "application/problem+json")
        #expect(response.json["type"] == "urn:tollgate:problem:too-large")
        #expect(response.json["title"] == "The body is too large")
        #expect(response.json["request_id"]?.string?.isEmpty == false)
        let fits = Array(body.dropLast())
        let stored = try await HTTPClient(
            .tcp(host: "127.0.0.1", port: running.addresses.port),
            timeout: .seconds(300)
        )
        .request(
            "POST",
            "/webhooks/stripe",
            headers: ["Stripe-Signature": Road.signature(fits, at: clock.now)],
            body: fits
        )
        #expect(stored.status == 200)
        let events = try await tollgate.store.read { try $0.eventCounts() }
        #expect(events == [.unparsed: 1])
        await running.stop()
    }

    @Test func `a port that is taken is an error, not another server`() async throws {
        let first = try RunningTollgate(try await start())
        let other = try await start([
            "TOLLGATE_DATABASE": folder.file("other.db"),
            "TOLLGATE_LISTEN": "127.0.0.1:\(first.addresses.port)",
        ])
        #expect(throws: (any Error).self) { try RunningTollgate(other) }
        await first.stop()
    }
}

extension TemporaryFolder {
    /// A copy of a closed database in a place of its own.
    func copy(of path: String) throws -> String {
        let copy = file("copy.db")
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        return copy
    }
}
