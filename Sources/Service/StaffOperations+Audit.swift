import JSON
import Subscriptions

extension StaffOperations {
    /// The latest lines of the audit, oldest first; with a query those of one subscription.
    func listAudit(_ request: StaffRequest) async throws -> StaffReply {
        let limit = min(max(request.arguments["limit"]?.int ?? 50, 1), 1_000)
        let subscription = request.arguments["query"] == nil ? nil : try await match(request)
        let lines = try await store.read { try $0.audit(subscription?.id, limit: limit) }
        return StaffReply(.done, body: ["audit": .array(lines.map(StaffView.audit))])
    }
}
