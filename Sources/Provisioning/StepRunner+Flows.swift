import DreamFactory
import Subscriptions

/// The calls of rotations and renewals.
extension StepRunner {
    func swapApps(
        _ order: WorkOrder,
        _ generation: Int,
        _ old: [Int]
    ) async throws(StepFailure) -> Outcome {
        let app = try newApp(order, generation, isActive: true)
        let roleID: RecordID<RoleRecord> = try roleID(order)
        let record = try await calling { () async throws(PlatformError) in
            var ids: [RecordID<AppRecord>] = []
            for id in old { ids.append(try recordID(id, .changeRole)) }
            return try await api.swapApps(of: roleID, removing: ids, adding: app)
        }
        return .wroteRole(await finding(record, order))
    }

    /// Reads the counter back, since a counter that was not cleared locks out whoever has paid.
    func clearCounter(
        _ order: WorkOrder,
        _ id: Int,
        _ ifFull: Bool
    ) async throws(StepFailure) -> Outcome {
        let before = try await counter(id)
        if ifFull, before.attempts < before.rate {
            return .clearedCounter(id: id, allowance: nil)
        }
        try await calling { () async throws(PlatformError) in
            try await api.clearCounter(of: recordID(id, .clearCounter))
        }
        let after = try await counter(id)
        // The subscriber may have called in between, but hardly as often as before.
        guard after.attempts == 0 || after.attempts < before.attempts else {
            throw StepFailure(
                Failure(.retriable, "The platform did not begin the count anew; it is tried again.")
            )
        }
        return .clearedCounter(id: id, allowance: ifFull ? nil : order.desired.allowance)
    }

    private func counter(_ id: Int) async throws(StepFailure) -> LimitCounter {
        try await calling { () async throws(PlatformError) in
            try await api.counter(of: recordID(id, .readCounter))
        }
    }
}
