import Subscriptions

import struct Foundation.Date

/// What is sold in a history.
enum SimulatedPlans {
    static func versions(at date: Date) -> [PlanVersion] {
        [
            PlanVersion(plan: pro, version: 1, appliedAt: date),
            PlanVersion(plan: team, version: 1, appliedAt: date),
        ]
    }

    private static let pro = Plan(
        id: Plan.ID("pro"),
        name: "Pro",
        prices: [.stripe: ["price_pro"]],
        access: [
            AccessRule(service: "shop", component: "_table/customers/", verbs: [.get]),
            AccessRule(service: "shop", component: "_table/customers/*", verbs: [.get]),
        ],
        limits: [RateLimit(rate: 3, period: .minute), RateLimit(rate: 90, period: .month)],
        pastDueGrace: .seconds(3 * 86_400),
        rotationGrace: .seconds(86_400),
        refund: .end,
        dispute: .suspend
    )

    private static let team = Plan(
        id: Plan.ID("team"),
        name: "Team",
        prices: [.stripe: ["price_team"]],
        access: [
            AccessRule(service: "shop", component: "_table/customers/*", verbs: [.get, .post]),
            AccessRule(service: "shop", component: "_table/orders/*", verbs: [.get]),
        ],
        limits: [RateLimit(rate: 5, period: .minute), RateLimit(rate: 7, period: .day)],
        pastDueGrace: .seconds(86_400),
        rotationGrace: .seconds(86_400),
        refund: .suspend,
        dispute: .keep
    )
}
