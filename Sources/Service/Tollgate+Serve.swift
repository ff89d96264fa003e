import Foundation
import HTTP
import Provisioning
import Subscriptions

/// A Tollgate that listens and works, until it is stopped.
package final class RunningTollgate: Sendable {
    /// Where it listens.
    package let addresses: Tollgate.Addresses
    private let tollgate: Tollgate
    private let server: HTTPServer
    private let health: HealthRoute
    private let work: Task<Void, Never>

    /// How long requests in flight may take when it stops.
    static let grace: Duration = .seconds(10)

    /// Listens and starts the workers.
    package init(_ tollgate: Tollgate) throws {
        self.tollgate = tollgate
        health = HealthRoute()
        server = tollgate.makeServer(health)
        let bound = try server.start()
        guard case .tcp(_, let port)? = bound.first else {
            throw ConfigurationError("The server has no port: check TOLLGATE_LISTEN.")
        }
        addresses = Tollgate.Addresses(
            port: port,
            socketPath: tollgate.configuration.socketPath
        )
        // The workers live as long as the server and are cancelled and awaited by `stop`.
        work = Task { await tollgate.runWorkers() }
        health.become(ready: true)
        tollgate.surroundings.log.info(
            "serving",
            [
                "listen": "\(tollgate.configuration.host):\(port)",
                "mode": tollgate.configuration.mode.rawValue,
                "platform": tollgate.configuration.platformOrigin,
                "socket": addresses.socketPath,
            ]
        )
    }

    /// Stops accepting, finishes what is in flight, stops the workers and closes the database.
    package func stop() async {
        health.become(ready: false)
        await server.stop(within: Self.grace)
        work.cancel()
        await work.value
        tollgate.close()
        tollgate.surroundings.log.info("stopped")
    }
}

extension Tollgate {
    func runWorkers() async {
        let clock = AccessClock(
            store: store,
            access: access,
            now: surroundings.now,
            log: surroundings.log,
            notify: notify
        )
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.worker.run(arrived: self.arrived) }
            group.addTask { await clock.run() }
            group.addTask { await self.provisioner.run() }
        }
    }

    func makeServer(_ health: HealthRoute) -> HTTPServer {
        var configuration = HTTPServer.Configuration(listeners: [
            .tcp(host: configuration.host, port: configuration.port, router: publicRouter(health)),
            .unix(
                path: configuration.socketPath,
                mode: configuration.socketGroup == nil ? 0o600 : 0o660,
                group: configuration.socketGroup,
                router: staffRouter(health)
            ),
        ])
        let log = surroundings.log
        configuration.now = surroundings.now
        configuration.accessLog = { access in
            log.info(
                "request",
                [
                    "method": access.method, "path": access.path, "status": "\(access.status)",
                    "bytes": "\(access.bytes)",
                    "ms": String(format: "%.1f", access.milliseconds), "request": access.id,
                ]
            )
        }
        return HTTPServer(configuration: configuration, router: Router(problem: Problem.response))
    }

    func publicRouter(_ health: HealthRoute) -> Router {
        var router = Router(problem: Problem.response)
        let webhook = WebhookRoute(
            endpoints: endpoints,
            inbox: store,
            mode: configuration.mode,
            now: surroundings.now,
            log: surroundings.log,
            arrived: arrived
        )
        let plans = PlanCache(store: store)
        let waits = Waits(changed: changed)
        let answer = KeyAnswer(
            keyRing: configuration.keyRing,
            mode: configuration.mode,
            baseURL: configuration.baseURL,
            now: surroundings.now
        )
        let claim = ClaimRoute(
            desk: ClaimDesk(access: access, window: configuration.claimWindow),
            lookups: store,
            store: store,
            plans: plans,
            answer: answer,
            waits: waits,
            now: surroundings.now,
            log: surroundings.log
        )
        let key = KeyRoute(
            lookups: store,
            store: store,
            plans: plans,
            answer: answer,
            waits: waits,
            now: surroundings.now,
            log: surroundings.log
        )
        router.on(
            "POST",
            "/webhooks/{provider}",
            bodyBytesMax: WebhookRoute.bodyBytesMax,
            .completion(webhook.respond)
        )
        router.on(
            "POST",
            "/v1/claims",
            bodyBytesMax: ClaimRoute.bodyBytesMax,
            .async(claim.respond)
        )
        router.on("GET", "/v1/key", .completion(key.respond))
        let rotate = RotateRoute(
            desk: RotationDesk(access: access),
            lookups: store,
            store: store,
            plans: plans,
            answer: answer,
            waits: waits,
            now: surroundings.now,
            log: surroundings.log,
            notify: notify
        )
        router.on(
            "POST",
            "/v1/key/rotate",
            bodyBytesMax: RotateRoute.bodyBytesMax,
            .async(rotate.respond)
        )
        addHealth(health, to: &router)
        return router
    }

    func staffRouter(_ health: HealthRoute) -> Router {
        var router = Router(problem: Problem.response)
        let staff = StaffRoute(operations: makeOperations(isServing: true))
        router.on(
            "POST",
            "/admin/v1/{operation...}",
            bodyBytesMax: StaffRoute.bodyBytesMax,
            .async(staff.respond)
        )
        addHealth(health, to: &router)
        return router
    }

    private func addHealth(_ health: HealthRoute, to router: inout Router) {
        router.on("GET", "/healthz", .immediate(HealthRoute.liveness))
        router.on("GET", "/readyz", .immediate(health.readiness))
    }
}
