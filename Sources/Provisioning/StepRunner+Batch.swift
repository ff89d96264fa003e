import DreamFactory
import Subscriptions

/// The calls that make something for many grants at once.
extension StepRunner {
    /// How often the one that fails is left out and the rest tried again together.
    private static let refusalsMax = 3

    /// Makes steps that travel; what came of each, in their order.
    func run(_ orders: [WorkOrder]) async -> [Outcome] {
        var outcomes: [Int: Outcome] = [:]
        let roles = orders.indices.filter {
            if case .createRole = orders[$0].step { true } else { false }
        }
        let limits = orders.indices.filter {
            if case .createLimit = orders[$0].step { true } else { false }
        }
        await runTogether(roles, orders, &outcomes, createRoles)
        await runTogether(limits, orders, &outcomes, createLimits)
        var all: [Outcome] = []
        for index in orders.indices {
            if let outcome = outcomes[index] {
                all.append(outcome)
            } else {
                all.append(await run(orders[index]))
            }
        }
        return all
    }

    /// One call for all; the one that is refused is left to a call of its own, in which the
    /// platform says why.
    private func runTogether(
        _ indices: [Int],
        _ orders: [WorkOrder],
        _ outcomes: inout [Int: Outcome],
        _ create: ([WorkOrder]) async throws -> [Outcome]
    ) async {
        var together = indices
        for _ in 0..<Self.refusalsMax where together.count > 1 {
            do {
                let made = try await create(together.map { orders[$0] })
                for (index, outcome) in zip(together, made) { outcomes[index] = outcome }
                return
            } catch let refusal as BatchRefusal {
                guard together.indices.contains(refusal.index) else { return }
                together.remove(at: refusal.index)
            } catch let failure as StepFailure {
                for index in together {
                    outcomes[index] = .failed(orders[index].step, failure.failure)
                }
                return
            } catch {
                return
            }
        }
    }

    private func createRoles(_ orders: [WorkOrder]) async throws -> [Outcome] {
        var roles: [NewRole] = []
        for (index, order) in orders.enumerated() {
            guard case .createRole(let generation, let isActive) = order.step else { continue }
            do {
                roles.append(try await newRole(order, generation, isActive))
            } catch {
                throw BatchRefusal(index: index)
            }
        }
        let records = try await calling(orders) { () async throws(PlatformError) in
            try await api.createRoles(roles)
        }
        var outcomes: [Outcome] = []
        for (order, record) in zip(orders, records) {
            outcomes.append(.wroteRole(await finding(record, order)))
        }
        return outcomes
    }

    private func createLimits(_ orders: [WorkOrder]) async throws -> [Outcome] {
        var limits: [NewLimit] = []
        for (index, order) in orders.enumerated() {
            guard case .createLimit(let limit) = order.step else { continue }
            do {
                limits.append(try newLimit(order, limit))
            } catch {
                throw BatchRefusal(index: index)
            }
        }
        let records = try await calling(orders) { () async throws(PlatformError) in
            try await api.createLimits(limits)
        }
        return zip(orders, records).map { order, record in
            var written = ObservedGrant.Limit(record)
            written.freshFor = order.desired.allowance
            return .wroteLimit(written)
        }
    }

    /// A refusal of one is told from what is everybody's trouble.
    private func calling<T>(
        _ orders: [WorkOrder],
        _ call: () async throws(PlatformError) -> [T]
    ) async throws -> [T] {
        do {
            return try await call()
        } catch {
            guard !error.outcomeIsUnknown else { throw StepFailure(Failure(error)) }
            switch error.reason {
            case .alreadyExists, .refused, .notFound:
                // Without a word on which one it was, each is called for alone.
                throw BatchRefusal(index: error.batch?.failures.first ?? orders.count)
            case .transport, .loginRefused, .sessionRefused, .forbidden, .resourceMissing,
                .unavailable, .fault, .unreadable, .differs, .keyUnknown, .inactive,
                .limitExceeded, .hazardous:
                throw StepFailure(Failure(error))
            }
        }
    }
}

/// One of many was refused, and nothing was made.
private struct BatchRefusal: Error {
    let index: Int
}
