import Digest
import DreamFactory
package import Foundation
import HTTP
import Provisioning
import SQLite
import Storage
package import Subscriptions
package import Transport
import Webhooks

/// One Tollgate over one database: everything composed, and the only owner of the file.
package final class Tollgate: Sendable {
    /// What the world gives; tests give their own.
    package struct Surroundings: Sendable {
        /// The time.
        package var now: @Sendable () -> Date = { Date() }
        /// Waits that long between attempts at the platform or a provider; throws when the task is cancelled.
        package var sleep: @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
        /// Random bytes.
        package var random: RandomBytes = { SecureRandom().bytes($0) }
        /// Sends requests to the platform and to the providers' APIs.
        package var sender: any RequestSender
        /// Takes the log.
        package var log: Log
        /// Is called when the disk fails; the process should end there.
        package var onFatal: @Sendable (String) -> Void

        /// Takes the process's own, but for what must be said.
        package init(
            sender: any RequestSender,
            log: Log,
            onFatal: @escaping @Sendable (String) -> Void
        ) {
            self.sender = sender
            self.log = log
            self.onFatal = onFatal
        }
    }

    /// Where a running server listens.
    package struct Addresses: Sendable {
        /// The port of the public listener, on the configured host.
        package let port: Int
        /// The staff socket.
        package let socketPath: String
        /// The port of the operator listener, where there is one.
        package let operatorPort: Int?
    }

    package let configuration: Configuration
    let surroundings: Surroundings
    let lock: DatabaseLock
    let store: SQLiteStore
    let access: AccessDesk
    let provisioner: Provisioner
    let convergence: PlatformDesk
    let worker: InboxWorker
    let endpoints: [Provider: WebhookEndpoint]
    /// Where current objects are asked for.
    let apis: [Provider: ProviderAPI]
    let metrics: Metrics
    /// Whether the database takes writes.
    let disk: DiskWatch
    /// Rings for requests that wait, at every change.
    let changed: Bell
    /// Rings when an event was stored.
    let arrived = Bell()
    /// Says that access may have changed.
    let notify: @Sendable () -> Void

    /// Takes the lock, opens and migrates the database, and checks that it belongs to this
    /// platform and mode; nothing runs yet.
    ///
    /// Throws ``DatabaseLock/Failure`` where another process owns the database, and one sentence
    /// otherwise.
    package init(_ configuration: Configuration, _ surroundings: Surroundings) async throws {
        self.configuration = configuration
        self.surroundings = surroundings
        try Self.refuseLostDatabase(configuration)
        lock = try DatabaseLock(databasePath: configuration.databasePath)
        store = try SQLiteStore(path: lock.realPath, now: surroundings.now) { error in
            surroundings.onFatal("The disk failed under the database: \(error)")
        }
        try await Self.checkInstallation(configuration, surroundings, store)
        try await Self.refuseUnknownMasterKeys(configuration, store)
        access = AccessDesk(
            mode: configuration.mode,
            keyRing: configuration.keyRing,
            random: surroundings.random
        )
        let changed = Bell()
        self.changed = changed
        let client = PlatformClient(
            address: configuration.platform,
            caller: configuration.platformCaller,
            sender: configuration.isObserving
                ? ReadOnlySender(sender: surroundings.sender) : surroundings.sender,
            policy: .once(deadline: .seconds(20)),
            now: surroundings.now
        )
        let provisioner = Provisioner(
            store: RingingStore(store: store, bell: changed),
            api: client,
            mode: configuration.mode,
            keyRing: configuration.keyRing,
            environment: Self.environment(surroundings)
        )
        self.provisioner = provisioner
        convergence = PlatformDesk(
            provisioner: provisioner,
            client: client,
            isObserving: configuration.isObserving
        )
        notify = {
            provisioner.wake()
            changed.ring()
        }
        endpoints = Self.endpoints(configuration)
        metrics = Metrics(providers: endpoints.keys, now: surroundings.now())
        apis = Self.apis(configuration, surroundings)
        let disk = DiskWatch()
        self.disk = disk
        worker = InboxWorker(
            store: disk.watching(store),
            desk: EventDesk(access: access, claimWindow: configuration.claimWindow),
            endpoints: endpoints,
            objects: apis,
            now: surroundings.now,
            log: surroundings.log,
            notify: notify
        )
    }

    private static func endpoints(
        _ configuration: Configuration
    ) -> [Provider: WebhookEndpoint] {
        var endpoints: [Provider: WebhookEndpoint] = [:]
        for known in KnownProvider.all {
            guard let told = configuration.providers[known.provider] else { continue }
            endpoints[known.provider] = WebhookEndpoint(
                adapter: known.adapter,
                signingSecrets: told.secrets,
                tolerance: told.tolerance
            )
        }
        return endpoints
    }

    private static func apis(
        _ configuration: Configuration,
        _ surroundings: Surroundings
    ) -> [Provider: ProviderAPI] {
        var apis: [Provider: ProviderAPI] = [:]
        for known in KnownProvider.all {
            guard let api = known.api, let told = configuration.providers[known.provider],
                let key = told.apiKey,
                let origin = told.apiOrigin ?? api.origins[configuration.mode]
            else { continue }
            apis[known.provider] = ProviderAPI(
                form: api.form,
                origin: origin,
                key: key,
                sender: surroundings.sender,
                now: surroundings.now,
                sleep: surroundings.sleep,
                jitter: { Double.random(in: 0..<1) }
            )
        }
        return apis
    }

    var alarms: Alarms {
        Alarms(
            endpoints: endpoints,
            asked: Set(apis.keys),
            silences: configuration.providers.mapValues(\.silence),
            disk: disk
        )
    }

    var reconcilers: [Provider: Reconciler] {
        var reconcilers: [Provider: Reconciler] = [:]
        for known in KnownProvider.all {
            guard let listing = known.api?.listing, let api = apis[known.provider],
                let told = configuration.providers[known.provider]
            else { continue }
            reconcilers[known.provider] = Reconciler(
                listing: listing,
                api: api,
                every: told.reconcile,
                store: store,
                desk: ReconcileDesk(events: worker.desk),
                now: surroundings.now,
                notify: notify,
                arrived: arrived
            )
        }
        return reconcilers
    }

    var caretaker: Caretaker {
        Caretaker(
            store: store,
            alarms: alarms,
            reconcilers: reconcilers,
            driftWatch: DriftWatch(store: store, provisioner: provisioner, now: surroundings.now),
            driftEvery: configuration.driftInterval,
            now: surroundings.now,
            log: surroundings.log,
            arrived: arrived
        )
    }

    /// Staff operations that do their work themselves, without a server.
    package var operations: StaffOperations { makeOperations(isServing: false) }

    func makeOperations(isServing: Bool) -> StaffOperations {
        StaffOperations(
            store: store,
            access: access,
            claims: ClaimDesk(access: access, window: configuration.claimWindow),
            convergence: convergence,
            worker: worker,
            provisioner: provisioner,
            ownKey: configuration.platformCaller.appKey,
            alarms: alarms,
            metrics: metrics,
            reconcilers: reconcilers,
            platformURL: configuration.platform.origin,
            copyDatabase: { [store] in try await store.backUp(to: $0) },
            now: surroundings.now,
            notify: notify,
            changed: changed,
            arrived: arrived,
            isServing: isServing,
            isObserving: configuration.isObserving
        )
    }

    /// Writes what is queued and closes the database.
    package func close() { store.close() }

    private static func environment(_ surroundings: Surroundings) -> Provisioner.Environment {
        Provisioner.Environment(
            now: surroundings.now,
            sleep: surroundings.sleep,
            random: surroundings.random,
            jitter: { Double.random(in: 0..<1) },
            report: { surroundings.log.error("provisioner", ["report": $0]) }
        )
    }
}
