package import DreamFactory
package import Subscriptions
import Synchronization

package import struct Foundation.Date

/// Converges what is on the platform to what is desired, for ever.
///
/// Each step is stored before it is made and its outcome afterwards, in one transaction with the
/// choice of the next step; so a crash anywhere leaves a grant that knows what it does not know.
package final class Provisioner: Sendable {
    /// What the provisioner needs from outside.
    package struct Environment: Sendable {
        /// The time.
        package var now: @Sendable () -> Date
        /// Waits that long; throws when the task is cancelled.
        package var sleep: @Sendable (Duration) async throws -> Void
        /// Random bytes, for the key that nobody has.
        package var random: RandomBytes
        /// A number from 0 up to 1.
        package var jitter: @Sendable () -> Double
        /// Says one sentence to whoever runs the process.
        package var report: @Sendable (String) -> Void

        /// Makes an environment.
        package init(
            now: @escaping @Sendable () -> Date,
            sleep: @escaping @Sendable (Duration) async throws -> Void,
            random: @escaping RandomBytes,
            jitter: @escaping @Sendable () -> Double,
            report: @escaping @Sendable (String) -> Void
        ) {
            self.now = now
            self.sleep = sleep
            self.random = random
            self.jitter = jitter
            self.report = report
        }
    }

    /// Steps without rest after which a grant yields to the others.
    private static let stepsMax = 60

    let store: any Store
    let environment: Environment
    let turns = Turns()
    let signal: AsyncStream<Void>.Continuation
    let signals: AsyncStream<Void>
    let runner: StepRunner
    let desk: ProvisioningDesk
    private let platform = Mutex(PlatformKnowledge())
    let breaker = Mutex(CircuitBreaker())

    /// Makes a provisioner; nothing is read or called yet.
    package init(
        store: any Store,
        api: any SystemAPI,
        mode: Mode,
        keyRing: KeyRing,
        environment: Environment
    ) {
        self.store = store
        self.environment = environment
        desk = ProvisioningDesk(
            mode: mode,
            keyRing: keyRing,
            backoff: Backoff(jitter: environment.jitter)
        )
        runner = StepRunner(
            api: api,
            services: ServiceDirectory(api: api, now: environment.now),
            randomKey: { [random = environment.random] in
                AppKey(random(64).map { $0 % 10 }.map(String.init).joined())
            }
        )
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that the desired state of some grant has changed.
    package func wake() { signal.yield() }

    /// What is known of the platform, for `status`.
    package var knowledge: PlatformKnowledge { platform.withLock { $0 } }

    /// Whether the platform is spared calls at the moment.
    package var breakerState: CircuitBreaker.State { breaker.withLock { $0.state } }

    /// Works on one subscription until it rests or must wait, and gives its grant then.
    ///
    /// - Parameters:
    ///   - id: The subscription.
    ///   - patience: How long to wait, in all, for attempts after failures.
    /// - Returns: The grant, or nil where the subscription has none.
    /// - Throws: What the store throws, and `CancellationError`.
    @discardableResult
    package func converge(
        _ id: Subscription.ID,
        patience: Duration = .zero
    ) async throws -> Grant? {
        let deadline = environment.now().addingTimeInterval(patience.seconds)
        while true {
            await turns.take(id)
            let result = await Result { try await self.work(on: id) }
            await pass(id)
            guard let grant = try result.get() else { return nil }
            guard grant.problem != nil, let next = grant.nextAttemptAt, next <= deadline else {
                return grant
            }
            let pause = max(0, next.timeIntervalSince(environment.now()))
            try await environment.sleep(.seconds(pause))
        }
    }

    /// Asks the platform with the newest key of a subscription, whatever is known of it.
    ///
    /// - Returns: The grant afterwards; nil where it never had a key, or its key is to live.
    package func proveAgain(_ id: Subscription.ID) async throws -> Grant? {
        await turns.take(id)
        let result = await Result { () async throws -> Grant? in
            let (knowledge, now) = (self.knowledge, self.environment.now())
            let order = try await self.store.write { [desk = self.desk] tx in
                try desk.beginProof(id, knowledge, in: tx, now: now)
            }
            guard let order else { return nil }
            let outcome = await self.perform(order)
            guard try await self.settle(order, outcome) else {
                return try await self.store.read { try $0.grant(id) }
            }
            return try await self.work(on: id)
        }
        await pass(id)
        return try result.get()
    }

    /// Passes the turn on; the worker, which finds taken what is due meanwhile, looks again.
    private func pass(_ id: Subscription.ID) async {
        await turns.pass(id)
        signal.yield()
    }

    /// Takes one grant from step to step; the caller holds its turn.
    func work(on id: Subscription.ID) async throws -> Grant? {
        var turn = try await advance(id, after: nil)
        for _ in 0..<Self.stepsMax {
            switch turn {
            case .none: return nil
            case .rest(let grant):
                if !grant.observed.holdsAdopted { runner.adoptedKeys.forget(id) }
                return grant
            case .work(let order):
                let outcome = await perform(order)
                guard !Task.isCancelled else {
                    _ = try await settle(order, outcome)
                    throw CancellationError()
                }
                turn = try await advance(id, after: (order, outcome))
            }
        }
        return try await store.read { try $0.grant(id) }
    }

    private func perform(_ order: WorkOrder) async -> Outcome {
        let outcome = await runner.run(order)
        know(outcome)
        observe(outcome, order.subscriptionID)
        return outcome
    }

    func know(_ outcome: Outcome) {
        guard case .platform(let hasLimits, _) = outcome else { return }
        let now = environment.now()
        platform.withLock {
            $0.hasLimits = hasLimits
            $0.checkedAt = now
        }
    }

    /// One transaction: what came of the last step, and the intent of the next.
    private func advance(
        _ id: Subscription.ID,
        after last: (WorkOrder, Outcome)?
    ) async throws -> ProvisioningDesk.Turn {
        let (knowledge, now) = (knowledge, environment.now())
        return try await store.write { [desk] tx in
            if let (order, outcome) = last {
                let goesOn = try desk.finish(order, outcome, knowledge, in: tx, now: now)
                guard goesOn else { return try tx.grant(id).map { .rest($0) } ?? .none }
            }
            return try desk.begin(id, knowledge, in: tx, now: now)
        }
    }

    /// Stores what came of a step and chooses none; whether the grant would go on at once.
    private func settle(_ order: WorkOrder, _ outcome: Outcome) async throws -> Bool {
        let (knowledge, now) = (knowledge, environment.now())
        return try await store.write { [desk] tx in
            try desk.finish(order, outcome, knowledge, in: tx, now: now)
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
