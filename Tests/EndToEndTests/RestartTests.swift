import Digest
import Foundation
import HTTP
import JSON
import Synchronization
import Testing

@testable import tollgate

/// The listening socket outlives the server, as under systemd.
struct RestartTests {
    @Test func `two restarts under deliveries refuse no connection, and every 200 is a row`()
        async throws
    {
        let scene = try await CLIScene.make()
        let (socket, port) = try Self.listeningSocket()
        var server = try await Self.serve(scene, socket)
        let stream = DeliveryStream(port: port)
        let streams = (0..<3).map { number in Task { await stream.run(number) } }
        for _ in 0..<2 {
            await stream.waitForMore(20)
            server.signal(SIGTERM)
            let end = await server.end()
            #expect(end.exit == 0, "\(end.error.suffix(1_000))")
            // Whoever connects now waits in the backlog of the socket.
            server = try await Self.serve(scene, socket)
        }
        await stream.waitForMore(20)
        stream.stop()
        for task in streams { await task.value }
        let (acknowledged, trouble) = stream.results
        #expect(trouble == [:], "refused, cut off or unanswered")
        #expect(acknowledged.count >= 60)
        #expect(try await Self.rows(scene) == acknowledged)
        server.signal(SIGTERM)
        #expect(await server.end().exit == 0)
    }

    private static func serve(_ scene: CLIScene, _ socket: FileHandle) async throws -> Child {
        let server = try Child(["serve"], scene.environment, listening: socket)
        _ = try #require(await server.errorLine(with: "listen"))
        return server
    }

    /// The ids of all events in the inbox.
    private static func rows(_ scene: CLIScene) async throws -> Set<String> {
        var ids: Set<String> = []
        var before: Int?
        while true {
            let page = before.map { ["--before", "\($0)"] } ?? []
            let list = try await Child.run(
                ["events", "list", "--json", "--limit", "1000"] + page,
                scene.environment
            )
            let rows = list.json?["events"]?.array ?? []
            ids.formUnion(rows.compactMap { $0["id"]?.string })
            before = rows.last?["event"]?.int
            if rows.count < 1_000 { return ids }
        }
    }

    private static func listeningSocket() throws -> (FileHandle, port: Int) {
        let fd = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 && listen(fd, 1_024) == 0 && getsockname(fd, $0, &size) == 0
            }
        }
        try #require(isListening)
        return (
            FileHandle(fileDescriptor: fd, closeOnDealloc: true),
            Int(UInt16(bigEndian: address.sin_port))
        )
    }
}

/// Signed deliveries, one connection each, for as long as nobody stops it.
private final class DeliveryStream: Sendable {
    private struct State {
        var acknowledged: Set<String> = []
        var trouble: [String: Int] = [:]
        var isStopped = false
    }

    private let port: Int
    private let state = Mutex(State())
    private let progress: AsyncStream<Void>
    private let didProgress: AsyncStream<Void>.Continuation

    init(port: Int) {
        self.port = port
        (progress, didProgress) = AsyncStream.makeStream()
    }

    var results: (Set<String>, [String: Int]) {
        state.withLock { ($0.acknowledged, $0.trouble) }
    }

    func stop() { state.withLock { $0.isStopped = true } }

    /// Waits until that many more are acknowledged.
    func waitForMore(_ count: Int) async {
        let goal = results.0.count + count
        for await _ in progress where results.0.count >= goal { return }
    }

    func run(_ number: Int) async {
        var round = 0
        while !state.withLock({ $0.isStopped }) {
            round += 1
            await deliver("evt_restart_\(number)_\(round)")
            didProgress.yield()
        }
    }

    private func deliver(_ id: String) async {
        let time = Int(Date().timeIntervalSince1970)
        let event: JSONValue = [
            "id": .string(id), "object": "event", "type": "ping", "livemode": false,
            "created": .integer(Int64(time)), "data": ["object": ["id": "x"]],
        ]
        let body = event.serialized()
        var hmac = HMAC(key: Array("whsec_of_this_test".utf8))
        hmac.update(Array("\(time).".utf8) + body)
        let signature = "t=\(time),v1=\(Hex.encode(hmac.finalized()))"
        let outcome: String
        do throws(HTTPClientError) {
            let answer = try await HTTPClient(
                .tcp(host: "127.0.0.1", port: port),
                timeout: .seconds(300)
            ).request(
                "POST",
                "/webhooks/stripe",
                headers: ["Stripe-Signature": signature],
                body: body
            )
            outcome = "\(answer.status)"
        } catch {
            outcome = "\(error)"
        }
        state.withLock { state in
            if outcome == "200" {
                state.acknowledged.insert(id)
            } else {
                state.trouble[outcome, default: 0] += 1
            }
        }
    }
}
