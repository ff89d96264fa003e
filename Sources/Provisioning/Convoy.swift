import DreamFactory
import Subscriptions
import Synchronization

extension Step {
    /// Whether one call can make it for many grants.
    var travels: Bool {
        switch self {
        case .createRole, .createLimit: true
        case .checkPlatform, .lookUp, .repairRole, .createApp, .swapApps, .setApp, .deleteApp,
            .changeLimit, .deleteLimit, .clearCounter, .deleteRole, .prove:
            false
        }
    }
}

extension Grant {
    /// Whether a convoy may take it: nothing of it stands yet, as far as is known, and something is
    /// to.
    var mayTravel: Bool {
        desired.access == .active && desired.generation > 0 && observed.roleID == nil
            && observed.apps.isEmpty && !observed.mustLookUp && priority != .revocation
    }
}

/// Grants that go the first part of their way together: one call makes the roles of all, one the
/// limits of all; each goes the rest alone.
extension Provisioner {
    /// As many records as one call makes.
    static let convoyMax = 100
    /// How few are not worth it.
    static let convoyMin = 4

    /// Takes grants as far as calls for many lead, in as many rounds as their plans have limits;
    /// the caller holds their turns.
    ///
    /// Every grant's intent is stored before a call and its outcome afterwards, and desired is read
    /// again, as for a grant that goes alone.
    func convoy(_ ids: [Subscription.ID]) async throws {
        var orders = try await advance(ids.map { ($0, nil) })
        while !orders.isEmpty {
            let outcomes = await runner.run(orders)
            for (order, outcome) in zip(orders, outcomes) {
                know(outcome)
                observe(outcome, order.subscriptionID)
            }
            let last = zip(orders, outcomes).map { ($0.subscriptionID, ($0, $1)) }
            guard !Task.isCancelled else {
                _ = try await settle(last.map(\.1))
                throw CancellationError()
            }
            orders = try await advance(last)
        }
    }

    /// One transaction: what came of the last steps, and the intents of the next that travel.
    private func advance(
        _ grants: [(id: Subscription.ID, last: (WorkOrder, Outcome)?)]
    ) async throws -> [WorkOrder] {
        let (knowledge, now) = (knowledge, environment.now())
        return try await store.write { [desk] tx in
            try grants.compactMap { id, last in
                if let (order, outcome) = last {
                    let goesOn = try desk.finish(order, outcome, knowledge, in: tx, now: now)
                    guard goesOn else { return nil }
                }
                let turn = try desk.begin(id, knowledge, in: tx, now: now, onlyIf: \.travels)
                guard case .work(let order) = turn else { return nil }
                return order
            }
        }
    }

    private func settle(_ last: [(WorkOrder, Outcome)]) async throws {
        let (knowledge, now) = (knowledge, environment.now())
        try await store.write { [desk] tx in
            for (order, outcome) in last {
                _ = try desk.finish(order, outcome, knowledge, in: tx, now: now)
            }
        }
    }
}
