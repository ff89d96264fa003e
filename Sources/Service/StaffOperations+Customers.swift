import Foundation
import JSON
import Subscriptions

extension StaffOperations {
    /// How many customers one look shows.
    private static let customersMax = 20

    /// The customers that a text names, with what they have; also those who have nothing yet.
    func findCustomers(_ request: StaffRequest) async throws -> StaffReply {
        let query = try request.text("query").trimmingCharacters(in: .whitespacesAndNewlines)
        // A key names a subscription, and that its customer.
        let ids = try await matches(query, limit: Self.customersMax).map(\.customerID)
        let found = try await store.read { reader -> [(Customer, [Subscription])] in
            var customers = try reader.customers(matching: query, limit: Self.customersMax)
            for id in ids where !customers.contains(where: { $0.id == id }) {
                if let customer = try reader.customer(id) { customers.append(customer) }
            }
            return try customers.prefix(Self.customersMax).map { customer in
                (customer, try reader.subscriptions(of: customer.id))
            }
        }
        guard !found.isEmpty else { throw StaffStop.nothingMatches }
        var rows: [JSONValue] = []
        for (customer, subscriptions) in found {
            rows.append(Self.view(customer, try await summaries(subscriptions)))
        }
        return StaffReply(.done, body: ["customers": .array(rows)])
    }

    private static func view(_ customer: Customer, _ subscriptions: [JSONValue]) -> JSONValue {
        [
            "customer": .string(customer.id.rawValue),
            "provider": .string(customer.provider.rawValue),
            "provider_id": .string(customer.providerID),
            "mode": .string(customer.mode.rawValue), "email": StaffView.text(customer.email),
            "created_at": StaffView.date(customer.createdAt),
            "deleted_at": StaffView.date(customer.deletedAt),
            "subscriptions": .array(subscriptions),
        ]
    }

    /// The latest claims, the newest first; a reference itself is stored nowhere.
    func listClaims(_ request: StaffRequest) async throws -> StaffReply {
        let limit = min(max(request.arguments["limit"]?.int ?? 50, 1), 1_000)
        let now = now()
        let rows = try await store.read { [claims] reader in
            try reader.claims(limit: limit).map { claim -> JSONValue in
                [
                    "claim": .string(claim.id.rawValue),
                    "provider": .string(claim.provider.rawValue),
                    "subscription": .string(claim.subscriptionID.rawValue),
                    "state": .string(
                        try claims.standing(of: claim, in: reader, now: now).rawValue
                    ),
                    "created_at": StaffView.date(claim.createdAt),
                    "expires_at": StaffView.date(
                        try claims.deadline(of: claim, in: reader) ?? claim.expiresAt
                    ),
                    "used_at": StaffView.date(claim.usedAt),
                    "ended_at": StaffView.date(claim.endedAt),
                ]
            }
        }
        return StaffReply(.done, body: ["claims": .array(rows)])
    }
}
