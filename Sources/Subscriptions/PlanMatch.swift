/// The plan that the items of a subscription map to.
package struct PlanMatch: Hashable, Sendable {
    /// The plan, in the version that the subscriber stands on.
    package let plan: Plan.Reference
    /// The item that maps to it.
    package let item: SubscriptionItem

    /// Finds the one item that maps to a plan; the others are add-ons.
    ///
    /// A subscriber stays on the version they have while their price still leads to the same plan,
    /// and on the price they have whatever the catalogue has made of it since: a price that was
    /// raised is a new one, and a plan that no longer lists the old one keeps whom it has. A
    /// retired plan takes nobody new but keeps whom it has.
    ///
    /// - Parameters:
    ///   - items: What the provider says the subscription is for.
    ///   - provider: Whose prices they are.
    ///   - current: The plan that the subscription stands on, in its version.
    ///   - price: The price by which it stands there.
    ///   - latest: The newest version of every plan.
    /// - Returns: The match, or why there is none.
    package static func find(
        _ items: [SubscriptionItem],
        provider: Provider,
        current: PlanVersion?,
        price: String?,
        latest: [PlanVersion]
    ) -> Result<PlanMatch, PlanMismatch> {
        let matches = items.compactMap { item -> PlanMatch? in
            if let current,
                item.price == price || current.plan.sells(item.price, of: provider)
            {
                return PlanMatch(plan: current.reference, item: item)
            }
            let offer = latest.first { version in
                (version.retiredAt == nil || version.plan.id == current?.plan.id)
                    && version.plan.sells(item.price, of: provider)
            }
            guard let offer else { return nil }
            let stays = offer.plan.id == current?.plan.id
            return PlanMatch(
                plan: stays ? current?.reference ?? offer.reference : offer.reference,
                item: item
            )
        }
        guard let match = matches.first else {
            return .failure(.unknownPrice(items.map(\.price)))
        }
        guard matches.count == 1 else {
            return .failure(.ambiguous(matches.map(\.item.price)))
        }
        return .success(match)
    }
}

/// Why the items of a subscription map to no plan.
package enum PlanMismatch: Error, Hashable, Sendable {
    /// No plan has any of the prices.
    case unknownPrice([String])
    /// Several items map to a plan.
    case ambiguous([String])

    /// What a parked event needs.
    package var need: Need {
        switch self {
        case .unknownPrice(let prices):
            Need(
                .unknownPrice,
                subject: prices.joined(separator: " "),
                reason: "No plan has the price \(prices.joined(separator: ", ")): add it to a plan "
                    + "and run `tollgate plans apply`."
            )
        case .ambiguous(let prices):
            Need(
                .ambiguous,
                subject: prices.joined(separator: " "),
                reason: "The prices \(prices.joined(separator: ", ")) each map to a plan: leave "
                    + "only one of them in the catalogue and run `tollgate plans apply`."
            )
        }
    }
}

extension Plan {
    /// Whether one of its prices is this one.
    package func sells(_ price: String, of provider: Provider) -> Bool {
        prices[provider]?.contains(price) ?? false
    }
}
