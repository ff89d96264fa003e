import Foundation
import HTTP
import JSON
import Service
import Synchronization

/// Stand-in for a provider's API while a story is told: it has the objects that the events are about.
final class StoryAPI: Sendable {
    /// What the handler and the story share.
    private final class Shelf: Sendable {
        let objects = Mutex<[String: JSONValue]>([:])
    }

    private let shelf = Shelf()
    private let server: HTTPServer

    /// Listens where the server was told that the provider's API is.
    init(of provider: KnownProvider, host: String, port: Int) throws {
        var router = Router()
        router.on(
            "GET",
            "/{path...}",
            .immediate { [shelf] request in
                let query = Dictionary(
                    request.query.map { ($0.name, $0.value) },
                    uniquingKeysWith: { _, last in last }
                )
                let answer = shelf.objects.withLock { provider.answer(request.path, query, $0) }
                let missing: JSONValue = ["error": ["code": "resource_missing"]]
                return .json(
                    (answer ?? missing).serialized(),
                    status: answer == nil ? 404 : 200
                )
            }
        )
        server = HTTPServer(
            configuration: HTTPServer.Configuration(listeners: [.tcp(host: host, port: port)]),
            router: router
        )
        _ = try server.start()
    }

    /// Objects from now on, by the path of the request for each.
    func set(_ new: [String: JSONValue]) {
        shelf.objects.withLock { $0.merge(new) { _, last in last } }
    }

    func stop() async { await server.stop(within: .seconds(1)) }
}
