import Subscriptions
import Testing

struct PlanMatchTests {
    private let pro = PlanVersion.make(.make("pro", prices: ["price_pro"]))
    private let basic = PlanVersion.make(.make("basic", prices: ["price_basic"]))

    private func find(
        _ prices: String...,
        current: PlanVersion? = nil,
        price: String? = nil,
        latest: [PlanVersion]
    ) -> Result<PlanMatch, PlanMismatch> {
        PlanMatch.find(
            prices.map { SubscriptionItem(price: $0) },
            provider: .stripe,
            current: current,
            price: price,
            latest: latest
        )
    }

    @Test func `one item finds its plan`() throws {
        let match = try find("price_pro", latest: [basic, pro]).get()
        #expect(match.plan == pro.reference)
        #expect(match.item.price == "price_pro")
    }

    @Test func `items of no plan are add-ons`() throws {
        let match = try find("price_seat", "price_pro", "price_help", latest: [basic, pro]).get()
        #expect(match.plan == pro.reference)
        #expect(match.item.price == "price_pro")
    }

    @Test func `two items that map to plans are ambiguous`() {
        let mismatch = PlanMismatch.ambiguous(["price_pro", "price_basic"])
        #expect(
            find("price_pro", "price_seat", "price_basic", latest: [basic, pro])
                == .failure(mismatch)
        )
        #expect(mismatch.need.kind == .ambiguous)
        #expect(mismatch.need.subject == "price_pro price_basic")
    }

    @Test func `no item that maps to a plan is an unknown price`() {
        let mismatch = PlanMismatch.unknownPrice(["price_x", "price_y"])
        #expect(find("price_x", "price_y", latest: [pro]) == .failure(mismatch))
        #expect(mismatch.need.kind == .unknownPrice)
        #expect(mismatch.need.subject == "price_x price_y")
        #expect(mismatch.need.reason.contains("tollgate plans apply"))
    }

    @Test func `a price belongs to one provider`() {
        let match = PlanMatch.find(
            [SubscriptionItem(price: "price_pro")],
            provider: Provider(rawValue: "paddle"),
            current: nil,
            price: nil,
            latest: [pro]
        )
        #expect(match == .failure(.unknownPrice(["price_pro"])))
    }

    @Test func `a retired plan takes nobody new and keeps whom it has`() throws {
        let retired = PlanVersion.make(pro.plan, retiredAt: day(-1))
        #expect(find("price_pro", latest: [retired]) == .failure(.unknownPrice(["price_pro"])))
        let kept = find("price_pro", current: retired, price: "price_pro", latest: [retired])
        #expect(try kept.get().plan == retired.reference)
    }

    @Test func `a subscriber stays on the version they have`() throws {
        let newer = PlanVersion.make(
            .make("pro", prices: ["price_pro", "price_year"]),
            version: 2
        )
        let same = try find("price_pro", current: pro, price: "price_pro", latest: [newer]).get()
        #expect(same.plan == pro.reference)
        let yearly = try find("price_year", current: pro, price: "price_pro", latest: [newer]).get()
        #expect(yearly.plan == pro.reference)
        #expect(try find("price_pro", latest: [newer]).get().plan == newer.reference)
    }

    @Test func `another plan's price moves to its newest version`() throws {
        let newer = PlanVersion.make(basic.plan, version: 3)
        let match = find("price_basic", current: pro, price: "price_pro", latest: [newer, pro])
        #expect(try match.get().plan == newer.reference)
    }

    @Test func `a price that the plan has dropped keeps whom it has`() throws {
        let raised = PlanVersion.make(.make("pro", prices: ["price_raised"]), version: 2)
        let moved = find("price_pro", current: raised, price: "price_pro", latest: [raised])
        #expect(try moved.get().plan == raised.reference)
        #expect(
            find("price_pro", current: raised, price: "price_raised", latest: [raised])
                == .failure(.unknownPrice(["price_pro"]))
        )
    }
}
