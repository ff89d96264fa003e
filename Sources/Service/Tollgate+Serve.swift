import Foundation
package import HTTP
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
    ///
    /// Listeners that the parent passes on take the place of the configured one, so that nobody is
    /// refused while the process is replaced; see ``SocketActivation``.
    package init(_ tollgate: Tollgate, inherited: [HTTPServer.Listener] = []) throws {
        self.tollgate = tollgate
        health = HealthRoute()
        guard !inherited.contains(where: \.isUnixSocket) else {
            throw ConfigurationError(
                "The socket unit passes a Unix socket, which could be the staff's: let it pass "
                    + "TCP sockets only."
            )
        }
        tollgate.raiseDescriptorLimit()
        server = tollgate.makeServer(health, inherited: inherited)
        let bound = try server.start()
        guard let place = bound.first, case .tcp(_, let port) = place else {
            throw ConfigurationError("The server has no port: check TOLLGATE_LISTEN.")
        }
        addresses = Tollgate.Addresses(
            port: port,
            socketPath: tollgate.configuration.socketPath,
            operatorPort: Self.operatorPort(bound, tollgate.configuration)
        )
        // The workers live as long as the server and are cancelled and awaited by `stop`.
        work = Task { await tollgate.runWorkers() }
        health.become(ready: true)
        tollgate.surroundings.log.info(
            "serving",
            [
                "listen": inherited.isEmpty
                    ? "\(tollgate.configuration.host):\(port)" : place.description,
                "mode": tollgate.configuration.mode.rawValue,
                "platform": tollgate.configuration.platformOrigin,
                "socket": addresses.socketPath,
                "operators": tollgate.configuration.operatorListen == nil
                    ? "on the socket" : "\(bound[bound.count - 1])",
                "observes": tollgate.configuration.isObserving ? "yes" : "no",
            ]
        )
    }

    /// The operator listener is the last one.
    private static func operatorPort(
        _ bound: [HTTPAddress],
        _ configuration: Configuration
    ) -> Int? {
        guard configuration.operatorListen != nil, case .tcp(_, let port) = bound.last else {
            return nil
        }
        return port
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
            group.addTask { [caretaker] in await caretaker.run() }
            group.addTask { await clock.run() }
            group.addTask { await self.disk.run(on: self.store) }
            if !self.configuration.isObserving {
                group.addTask { await self.provisioner.run() }
            }
        }
    }

    /// A connection is a descriptor; the rest is for the database, the platform and the log.
    func raiseDescriptorLimit() {
        let needed = configuration.publicLimits.connections + 512
        let limit = DescriptorLimit.raise(to: needed)
        guard limit < needed else { return }
        surroundings.log.warning(
            "descriptors.limited",
            ["limit": "\(limit)", "needed": "\(needed)", "do": "raise LimitNOFILE or ulimit -Hn"]
        )
    }

    func makeServer(
        _ health: HealthRoute,
        inherited: [HTTPServer.Listener] = []
    ) -> HTTPServer {
        let open =
            inherited.isEmpty
            ? [.tcp(host: configuration.host, port: configuration.port)] : inherited
        let router = publicRouter(health)
        let staff = HTTPServer.Listener.unix(
            path: configuration.socketPath,
            mode: configuration.socketGroup == nil ? 0o600 : 0o660,
            group: configuration.socketGroup,
            router: staffRouter(health)
        )
        let operators = self.configuration.operatorListen.map {
            HTTPServer.Listener.tcp(host: $0.host, port: $0.port, router: operatorRouter(health))
        }
        let limits = self.configuration.publicLimits
        var configuration = HTTPServer.Configuration(
            listeners: open.map { $0.routed(by: router) } + [staff]
                + [operators].compactMap(\.self)
        )
        configuration.limits.connections = limits.connections
        configuration.limits.connectionsPerAddress = limits.connectionsPerAddress
        configuration.trustedProxies = limits.trustedProxies
        // A proxy on this host brings everybody's connections.
        configuration.unlimitedAddresses = IPNetwork.loopback
        let log = surroundings.log
        configuration.now = surroundings.now
        let accessLog = AccessLog(log: log)
        configuration.accessLog = { [metrics] in
            metrics.count($0.path, $0.status)
            accessLog($0)
        }
        return HTTPServer(configuration: configuration, router: Router(problem: Problem.response))
    }

    func publicRouter(_ health: HealthRoute) -> Router {
        var router = Router(problem: Problem.response)
        router.headers = SecurityHeaders.fields
        let failures = FailureLimit(now: surroundings.now)
        let webhook = WebhookRoute(
            endpoints: endpoints,
            inbox: disk.watching(metrics.counting(store)),
            mode: configuration.mode,
            now: surroundings.now,
            log: surroundings.log,
            failures: failures,
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
            store: disk.watching(store),
            plans: plans,
            answer: answer,
            waits: waits,
            now: surroundings.now,
            log: surroundings.log,
            failures: failures
        )
        let key = KeyRoute(
            lookups: store,
            store: store,
            plans: plans,
            answer: answer,
            waits: waits,
            now: surroundings.now,
            log: surroundings.log,
            failures: failures
        )
        router.on(
            "POST",
            "/webhooks/{provider}",
            bodyBytesMax: WebhookRoute.bodyBytesMax,
            needsLength: true,
            queue: RequestQueue(inFlightMax: configuration.publicLimits.webhooksInFlight),
            .completion(webhook.respond)
        )
        router.on(
            "POST",
            "/v1/claims",
            bodyBytesMax: ClaimRoute.bodyBytesMax,
            needsLength: true,
            .async(claim.respond)
        )
        router.on("GET", "/v1/key", .prompt(key.respond))
        let rotate = RotateRoute(
            desk: RotationDesk(access: access),
            lookups: store,
            store: disk.watching(store),
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
        let sold = PlansRoute(store: store, now: surroundings.now, log: surroundings.log)
        router.on("GET", "/v1/plans", .async(sold.respond))
        router.on("GET", "/openapi.json", .immediate(OpenAPIDocument.respond))
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
        router.on("GET", "/metrics", .async(metricsRoute.respond))
        addHealth(health, to: &router)
        return router
    }

    func operatorRouter(_ health: HealthRoute) -> Router {
        var router = Router(problem: Problem.response)
        router.on("GET", "/metrics", .async(metricsRoute.respond))
        addHealth(health, to: &router)
        return router
    }

    private var metricsRoute: MetricsRoute {
        MetricsRoute(
            metrics: metrics,
            store: store,
            isBreakerOpen: { [provisioner] in provisioner.breakerState != .closed },
            now: surroundings.now,
            log: surroundings.log
        )
    }

    private func addHealth(_ health: HealthRoute, to router: inout Router) {
        router.on("GET", "/healthz", .immediate(HealthRoute.liveness))
        router.on("GET", "/readyz", .immediate { [disk] _ in health.readiness(disk) })
    }
}
