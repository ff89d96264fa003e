import Foundation
import Simulation
import Testing

@testable import Subscriptions

/// Which period a refund is of, and what parts come to.
@Suite struct ReversalTests {
    /// A payment of one month, of which month's end is told or not.
    private func paid(
        _ id: String,
        on asked: Double,
        at paidAt: Double? = nil,
        through end: Double? = nil,
        amount: Int64? = nil
    ) -> PaymentEvent.Change {
        .payment(
            Payment(
                subscriptionID: "sub_1",
                customerID: "cus_1",
                email: nil,
                succeeded: true,
                paidAt: day(paidAt ?? asked),
                periodEnd: end.map { day($0) },
                receipt: Receipt(
                    id: id,
                    askedAt: day(asked),
                    periodEnd: end.map { day($0) },
                    amount: amount
                )
            )
        )
    }

    private func refunded(
        _ payment: String?,
        asked: Double? = nil,
        at: Double,
        part: Int64? = nil,
        id: String? = nil,
        state: Reversal.State? = nil
    ) -> PaymentEvent.Change {
        .reversal(
            Reversal(
                id: id ?? payment ?? "order",
                kind: .refund,
                state: state ?? (part == nil ? .full : .partial),
                at: day(at),
                payment: payment,
                askedAt: asked.map { day($0) },
                amount: part,
                fetchedAt: day(at)
            ),
            of: "sub_1"
        )
    }

    private func access(_ changes: [PaymentEvent.Change]) throws -> Access {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active, periodEnd: day(60)))
        for change in changes { try office.deliver(change) }
        // What came before its subscription, or was told twice, changes nothing.
        for change in changes { try office.deliver(change) }
        return try office.grant().desired.access
    }

    @Test func `a refund of an older payment ends nobody who has paid since, in any order`() throws
    {
        for order in permutations([
            paid("in_1", on: 0), paid("in_2", on: 30), refunded("in_1", asked: 0, at: 40),
        ]) {
            #expect(try access(order) == .active)
        }
    }

    @Test func `a refund of the newest payment ends access, in any order`() throws {
        for order in permutations([
            paid("in_1", on: 0), paid("in_2", on: 30), refunded("in_2", at: 40),
        ]) {
            #expect(try access(order) == .ended)
        }
    }

    @Test func `a payment that was asked for early and came late is no newer for that`() throws {
        for order in permutations([
            paid("in_1", on: 0, at: 14), refunded("in_1", asked: 0, at: 20),
        ]) {
            #expect(try access(order) == .ended)
        }
    }

    @Test(arguments: [(0.01, Access.ended), (30, .active)])
    func `an order is of the payment that was asked for with it`(
        newest: Double,
        access: Access
    ) throws {
        #expect(
            try self.access([paid("in_9", on: newest), refunded(nil, asked: 0, at: 40)]) == access
        )
    }

    @Test(arguments: [(29.0, Access.ended), (31, .active)])
    func `the newest payment that is known of is not the current one's once its period was over`(
        at: Double,
        access: Access
    ) throws {
        let changes = [paid("in_1", on: 0, through: 30), refunded("in_1", asked: 0, at: at)]
        #expect(try self.access(changes) == access)
    }

    @Test func `money of nobody knows which period is told to staff and ends nothing`() throws {
        let office = try Office(plans: .make())
        try office.deliver(.status(.active, periodEnd: day(60)))
        try office.deliver(paid("txn_2", on: 30))
        let event = try office.deliver(refunded("txn_1", at: 40))
        #expect(try office.grant().desired.access == .active)
        #expect(event.note?.hasSuffix(Reversal.unplaced) == true)
        #expect(office.actions("payment.warned").count == 1)
        try office.deliver(refunded("txn_1", at: 40))
        #expect(office.actions("payment.warned").count == 1)
    }

    @Test func `a payment whose word comes late is found by its refund`() throws {
        let changes = [refunded("txn_1", at: 40), paid("txn_1", on: 30)]
        #expect(try access(changes) == .ended)
    }

    @Test func `without the id of any payment the times of money tell what they can`() throws {
        for (paidAt, access) in [(0.0, Access.ended), (20, .active), (50, .active)] {
            let office = try Office(plans: .make())
            try office.deliver(.status(.active, periodEnd: day(60)))
            var known = try office.subscription()
            known.paidAt = day(paidAt)
            try office.tx.save(known)
            try office.deliver(refunded("in_1", asked: 0, at: 40))
            #expect(try office.grant().desired.access == access)
        }
    }

    @Test func `a refund of a payment newer than any that was told of ends access`() throws {
        for order in permutations([
            paid("in_1", on: 0, through: 30), refunded("in_2", asked: 30, at: 40),
        ]) {
            #expect(try access(order) == .ended)
        }
    }

    @Test func `one that was stored before payments were remembered counts as it did then`() throws
    {
        let stored =
            #"[{"id":"order-1","kind":"refund","state":"full","at":0,"periods":{},"fetchedAt":0}]"#
        let reversals = try JSONDecoder().decode([Reversal].self, from: Data(stored.utf8))
        var subscription = Subscription.make {
            $0.status = .active
            $0.reversals = reversals
        }
        func access() -> Access {
            Access.decide(subscription, plan: .make(), holds: [], now: start).access
        }
        #expect(access() == .ended)
        subscription.keep(Receipt(id: "in_1", askedAt: day(-60)))
        #expect(access() == .ended)
        // The same, told again by a version that names payments.
        let again = Reversal(
            id: "order-1",
            kind: .refund,
            state: .full,
            at: day(-1),
            askedAt: day(-30),
            fetchedAt: day(-1)
        )
        let effect = subscription.applying(again)
        #expect(!effect.isNews)
        subscription = effect.subscription
        #expect(access() == .ended)
        subscription.paidAt = start
        #expect(access() == .active)
    }

    @Test func `parts that come to all end access, in any order and told twice`() throws {
        for order in permutations([
            paid("txn_1", on: 0, amount: 2_900), refunded("txn_1", at: 1, part: 900, id: "adj_1"),
            refunded("txn_1", at: 2, part: 2_000, id: "adj_2"),
        ]) {
            #expect(try access(order) == .ended)
        }
    }

    @Test func `parts that leave a rest end nothing, however often they are told`() throws {
        let parts = [
            refunded("txn_1", at: 1, part: 900, id: "adj_1"),
            refunded("txn_1", at: 2, part: 1_999, id: "adj_2"),
        ]
        #expect(try access([paid("txn_1", on: 0, amount: 2_900)] + parts) == .active)
        #expect(try access(parts) == .active)
    }

    @Test func `a part that was taken back counts no more, and one look at all counts alone`()
        throws
    {
        let parts = [
            paid("txn_1", on: 0, amount: 2_900),
            refunded("txn_1", at: 1, part: 900, id: "adj_1"),
            refunded("txn_1", at: 2, part: 2_000, id: "adj_2"),
        ]
        let back = refunded("txn_1", at: 3, part: 900, id: "adj_1", state: .won)
        let look = refunded("txn_1", at: 3, state: .partial)
        for last in [back, look] {
            let office = try Office(plans: .make())
            try office.deliver(.status(.active, periodEnd: day(60)))
            for change in parts.dropLast() { try office.deliver(change) }
            try office.deliver(last)
            try office.deliver(parts[2])
            #expect(try office.grant().desired.access == .active)
        }
    }

    @Test func `parts that come to all after a whole was taken back end access, in any order`()
        throws
    {
        for order in permutations([
            paid("txn_1", on: 0, amount: 2_900), refunded("txn_1", at: 1, id: "adj_1"),
            refunded("txn_1", at: 2, id: "adj_1", state: .won),
            refunded("txn_1", at: 3, part: 900, id: "adj_2"),
            refunded("txn_1", at: 4, part: 2_000, id: "adj_3"),
        ]) {
            #expect(try access(order) == .ended)
            let rest = order.filter { $0 != refunded("txn_1", at: 3, part: 900, id: "adj_2") }
            #expect(try access(rest) == .active)
        }
    }

    @Test func `amounts too large to add end access and nothing else`() throws {
        let changes = [
            paid("txn_1", on: 0, amount: 2_900),
            refunded("txn_1", at: 1, part: .max, id: "adj_1"),
            refunded("txn_1", at: 2, part: .max, id: "adj_2"),
        ]
        #expect(try access(changes) == .ended)
    }

    @Test func `only the last receipts are kept`() throws {
        var subscription = Subscription.make()
        for number in (0..<100).shuffled() {
            subscription.keep(Receipt(id: "in_\(number)", askedAt: day(Double(number))))
        }
        #expect(subscription.receipts.count == 32)
        #expect(subscription.receipts.last?.id == "in_99")
    }
}
