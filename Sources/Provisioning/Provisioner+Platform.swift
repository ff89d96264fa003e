import DreamFactory
import Subscriptions
import Synchronization

/// What the provisioner does about the platform as a whole.
extension Provisioner {
    /// How long what a first key needs to know is good for; less than it is remembered.
    static let preparation: Double = 240

    /// Lets the breaker see what came of a call.
    func observe(_ outcome: Outcome, _ id: Subscription.ID?) {
        // A call that our own end has cut off says nothing of the platform.
        guard !Task.isCancelled else { return }
        switch outcome {
        case .failed(_, let failure):
            let now = environment.now()
            let hasOpened = breaker.withLock { $0.fail(id, failure, now: now) }
            if hasOpened { environment.report("The platform is spared calls: \(failure.sentence)") }
        case .proved(.inconclusive, _), .platform(_, randomKey: .inconclusive): break
        default: breaker.withLock { $0.succeed() }
        }
    }

    /// Asks the platform for something harmless, and lets everybody go on where it answers.
    func probe() async {
        var failure: Failure?
        do throws(PlatformError) {
            _ = try await runner.api.capabilities()
        } catch {
            failure = Failure(error)
        }
        let now = environment.now()
        let hasClosed = breaker.withLock { [failure] in $0.probed(failure, now: now) }
        if hasClosed { environment.report("The platform answers again.") }
        signal.yield()
    }

    /// Learns beforehand what the first key would wait for: a session, what the platform can do,
    /// whether it refuses a random key, and the ids of the services that are sold.
    ///
    /// What cannot be learnt now is asked for by the grant that needs it.
    func prepare() async {
        do {
            let outcome = try await runner.checkPlatform()
            know(outcome)
            let now = environment.now()
            let plans = try await store.write { [desk] tx in
                _ = try desk.learn(outcome, in: tx, now)
                return try tx.latestPlans()
            }
            let sold = plans.filter { $0.retiredAt == nil }.flatMap(\.plan.access)
            try await runner.services.refresh(Set(sold.map(\.service)))
        } catch let failure as StepFailure {
            observe(.failed(.checkPlatform, failure.failure), nil)
        } catch {
            // The store's own trouble is reported by the work on grants.
        }
    }
}
