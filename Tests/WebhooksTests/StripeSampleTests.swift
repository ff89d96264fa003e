import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct StripeSampleTests {
    @Test(arguments: expected)
    func `a sample becomes what its line says`(line: String) throws {
        let parts = line.split(separator: " => ", maxSplits: 1).map(String.init)
        let body = try Fixture.bytes("stripe/\(parts[0])")
        let reading = StripeAdapter().reading(of: body, id: "", mode: .test)
        #expect(summary(reading) == parts[1])
    }

    @Test func `every sample has its line and every line its sample`() throws {
        let named = expected.map { String($0.prefix { $0 != " " }) }
        #expect(try Fixture.files(below: "stripe") == named.sorted())
        #expect(named.count == 176)
    }

    @Test func `the first look agrees with the whole event`() throws {
        for file in try Fixture.files(below: "stripe") {
            let body = try Fixture.bytes("stripe/\(file)")
            let event = try Fixture.json("stripe/\(file)")
            let identity = try #require(StripeAdapter().identity(of: body) { _ in [] })
            #expect(identity.id == event["id"]?.string)
            #expect(identity.type == event["type"]?.string)
            #expect(identity.mode == (event["livemode"] == true ? .live : .test))
            #expect(
                identity.occurredAt?.timeIntervalSince1970
                    == event["created"]?.integer.map(Double.init)
            )
            guard case .event(let made) = StripeAdapter().reading(of: body, id: "", mode: .test)
            else { continue }
            #expect(made.id == identity.id)
            #expect(made.type == identity.type)
            #expect(made.mode == identity.mode)
            #expect(made.occurredAt == identity.occurredAt)
        }
    }
}

/// `file => what becomes of it`; subscriptions with their items as `quantity×price<period end`.
private let expected = #"""
    _variants/pay-rails-data-only/account.updated.json => ignored
    _variants/stripe-ruby-mock/charge.captured.json => ignored
    _variants/stripe-ruby-mock/charge.dispute.closed.json => parked malformed data.object.id
    _variants/stripe-ruby-mock/charge.dispute.created.json => parked refetch dp_000000000000000000000000
    _variants/stripe-ruby-mock/charge.dispute.funds_reinstated.json => parked refetch dp_00000000000000
    _variants/stripe-ruby-mock/charge.dispute.funds_withdrawn.json => parked refetch dp_00000000000000
    _variants/stripe-ruby-mock/charge.dispute.updated.json => parked malformed data.object.id
    _variants/stripe-ruby-mock/charge.failed.json => ignored
    _variants/stripe-ruby-mock/charge.refund.updated.json => parked refetch re_000000000000000000000000
    _variants/stripe-ruby-mock/charge.refunded.json => parked refetch ch_000000000000000000000000
    _variants/stripe-ruby-mock/charge.succeeded.json => ignored
    _variants/stripe-ruby-mock/charge.updated.json => ignored
    _variants/stripe-ruby-mock/checkout.session.completed.json => ignored
    _variants/stripe-ruby-mock/checkout.session.completed.payment_mode.json => ignored
    _variants/stripe-ruby-mock/checkout.session.completed.setup_mode.json => ignored
    _variants/stripe-ruby-mock/customer.created.json => customer -
    _variants/stripe-ruby-mock/customer.deleted.json => customer - deleted
    _variants/stripe-ruby-mock/customer.discount.created.json => ignored
    _variants/stripe-ruby-mock/customer.discount.deleted.json => ignored
    _variants/stripe-ruby-mock/customer.discount.updated.json => ignored
    _variants/stripe-ruby-mock/customer.source.created.json => ignored
    _variants/stripe-ruby-mock/customer.source.deleted.json => ignored
    _variants/stripe-ruby-mock/customer.source.updated.json => ignored
    _variants/stripe-ruby-mock/customer.subscription.created.json => subscription active 1×000000<1650998510
    _variants/stripe-ruby-mock/customer.subscription.deleted.json => subscription canceled 1×000000<1650998496 ended@1648320097
    _variants/stripe-ruby-mock/customer.subscription.trial_will_end.json => subscription trialing 1×000000<1383759023 5×000001<1383759023 trial<1381280730
    _variants/stripe-ruby-mock/customer.subscription.updated.json => subscription active 1×000000<1650998505
    _variants/stripe-ruby-mock/customer.updated.json => customer -
    _variants/stripe-ruby-mock/invoice.created.json => ignored
    _variants/stripe-ruby-mock/invoice.finalized.json => ignored
    _variants/stripe-ruby-mock/invoice.paid.json => ignored
    _variants/stripe-ruby-mock/invoice.payment_action_required.json => ignored
    _variants/stripe-ruby-mock/invoice.payment_failed.json => ignored
    _variants/stripe-ruby-mock/invoice.payment_succeeded.json => ignored
    _variants/stripe-ruby-mock/invoice.upcoming.json => ignored
    _variants/stripe-ruby-mock/invoice.updated.json => ignored
    _variants/stripe-ruby-mock/price.created.json => ignored
    _variants/stripe-ruby-mock/price.deleted.json => ignored
    _variants/stripe-ruby-mock/price.updated.json => ignored
    _variants/stripe-ruby-mock/product.created.json => ignored
    _variants/stripe-ruby-mock/product.deleted.json => ignored
    _variants/stripe-ruby-mock/product.updated.json => ignored
    _variants/stripe-ruby-mock/subscription_schedule.canceled.json => ignored
    _variants/stripe-ruby-mock/subscription_schedule.created.json => ignored
    _variants/stripe-ruby-mock/subscription_schedule.released.json => ignored
    _variants/stripe-ruby-mock/subscription_schedule.updated.json => ignored
    _variants/sync-engine-2020-03-02/active_entitlement_summary_updated.json => ignored
    _variants/sync-engine-2020-03-02/charge_captured.json => ignored
    _variants/sync-engine-2020-03-02/charge_dispute_closed.json => parked refetch dp_1MLuxQJDPojXS6LNrukJCBBG
    _variants/sync-engine-2020-03-02/charge_dispute_created.json => parked refetch dp_1MLuxQJDPojXS6LNrukJCBBG
    _variants/sync-engine-2020-03-02/charge_dispute_funds_reinstated.json => parked refetch dp_1MLuxQJDPojXS6LNrukJCBBG
    _variants/sync-engine-2020-03-02/charge_dispute_funds_withdrawn.json => parked refetch dp_1MLuxQJDPojXS6LNrukJCBBG
    _variants/sync-engine-2020-03-02/charge_dispute_updated.json => parked refetch dp_1MLuxQJDPojXS6LNrukJCBBG
    _variants/sync-engine-2020-03-02/charge_expired.json => ignored
    _variants/sync-engine-2020-03-02/charge_failed.json => ignored
    _variants/sync-engine-2020-03-02/charge_pending.json => ignored
    _variants/sync-engine-2020-03-02/charge_refunded.json => parked refetch ch_3Kl36gJDPojXS6LN0DCM4A8l
    _variants/sync-engine-2020-03-02/charge_succeeded.json => ignored
    _variants/sync-engine-2020-03-02/charge_updated.json => ignored
    _variants/sync-engine-2020-03-02/checkout_session_completed.json => ignored
    _variants/sync-engine-2020-03-02/credit_note_created.json => ignored
    _variants/sync-engine-2020-03-02/credit_note_updated.json => ignored
    _variants/sync-engine-2020-03-02/credit_note_voided.json => ignored
    _variants/sync-engine-2020-03-02/customer_deleted.json => customer - deleted
    _variants/sync-engine-2020-03-02/customer_tax_id_created.json => ignored
    _variants/sync-engine-2020-03-02/customer_tax_id_deleted.json => ignored
    _variants/sync-engine-2020-03-02/customer_tax_id_updated.json => ignored
    _variants/sync-engine-2020-03-02/customer_updated.json => customer ada@example.com
    _variants/sync-engine-2020-03-02/early_fraud_warning_created.json => warning of -
    _variants/sync-engine-2020-03-02/early_fraud_warning_updated.json => ignored
    _variants/sync-engine-2020-03-02/invoice_deleted.json => ignored
    _variants/sync-engine-2020-03-02/invoice_finalized.json => ignored
    _variants/sync-engine-2020-03-02/invoice_paid.json => payment paid until 1645323680
    _variants/sync-engine-2020-03-02/invoice_payment_paid.json => ignored
    _variants/sync-engine-2020-03-02/invoice_updated.json => ignored
    _variants/sync-engine-2020-03-02/invoice_voided.json => ignored
    _variants/sync-engine-2020-03-02/payment_intent_amount_capturable_updated.json => ignored
    _variants/sync-engine-2020-03-02/payment_intent_canceled.json => ignored
    _variants/sync-engine-2020-03-02/payment_intent_created.json => ignored
    _variants/sync-engine-2020-03-02/payment_intent_partially_funded.json => ignored
    _variants/sync-engine-2020-03-02/payment_intent_payment_failed.json => ignored
    _variants/sync-engine-2020-03-02/payment_intent_processing.json => ignored
    _variants/sync-engine-2020-03-02/payment_intent_requires_action.json => ignored
    _variants/sync-engine-2020-03-02/payment_intent_succeeded.json => ignored
    _variants/sync-engine-2020-03-02/payment_method_attached.json => ignored
    _variants/sync-engine-2020-03-02/payment_method_automatically_updated.json => ignored
    _variants/sync-engine-2020-03-02/payment_method_detached.json => ignored
    _variants/sync-engine-2020-03-02/payment_method_updated.json => ignored
    _variants/sync-engine-2020-03-02/plan_created.json => ignored
    _variants/sync-engine-2020-03-02/plan_deleted.json => ignored
    _variants/sync-engine-2020-03-02/plan_updated.json => ignored
    _variants/sync-engine-2020-03-02/price_created.json => ignored
    _variants/sync-engine-2020-03-02/price_deleted.json => ignored
    _variants/sync-engine-2020-03-02/price_updated.json => ignored
    _variants/sync-engine-2020-03-02/product_created.json => ignored
    _variants/sync-engine-2020-03-02/product_deleted.json => ignored
    _variants/sync-engine-2020-03-02/product_updated.json => ignored
    _variants/sync-engine-2020-03-02/refund_created.json => parked refetch re_1Nispe2eZvKYlo2Cd31jOCgZ
    _variants/sync-engine-2020-03-02/refund_failed.json => parked refetch re_1Nispe2eZvKYlo2Cd31jOCgZ
    _variants/sync-engine-2020-03-02/refund_updated.json => parked refetch re_1Nispe2eZvKYlo2Cd31jOCgZ
    _variants/sync-engine-2020-03-02/review_closed.json => ignored
    _variants/sync-engine-2020-03-02/review_opened.json => ignored
    _variants/sync-engine-2020-03-02/setup_intent_canceled.json => ignored
    _variants/sync-engine-2020-03-02/setup_intent_created.json => ignored
    _variants/sync-engine-2020-03-02/setup_intent_requires_action.json => ignored
    _variants/sync-engine-2020-03-02/setup_intent_setup_failed.json => ignored
    _variants/sync-engine-2020-03-02/setup_intent_succeeded.json => ignored
    _variants/sync-engine-2020-03-02/subscription_created.json => subscription active 1×1hxKzp<1625740918 1×1hxKzp<1625740918
    _variants/sync-engine-2020-03-02/subscription_deleted.json => subscription canceled 1×1hxKzp<1625740918 ended@1623149102
    _variants/sync-engine-2020-03-02/subscription_schedule_aborted.json => ignored
    _variants/sync-engine-2020-03-02/subscription_schedule_canceled.json => ignored
    _variants/sync-engine-2020-03-02/subscription_schedule_completed.json => ignored
    _variants/sync-engine-2020-03-02/subscription_schedule_created.json => ignored
    _variants/sync-engine-2020-03-02/subscription_schedule_expiring.json => ignored
    _variants/sync-engine-2020-03-02/subscription_schedule_released.json => ignored
    _variants/sync-engine-2020-03-02/subscription_schedule_updated.json => ignored
    _variants/sync-engine-2020-03-02/subscription_updated.json => subscription active 1×1hxKzp<1621572344
    charge.dispute.closed.lost.json => parked refetch du_1TxExampleDispute00001
    charge.dispute.closed.won.json => parked refetch du_1TxExampleDispute00001
    charge.dispute.created.json => parked refetch du_1TxExampleDispute00001
    charge.dispute.funds_reinstated.json => parked refetch du_1TxExampleDispute00001
    charge.dispute.funds_withdrawn.json => parked refetch du_1TxExampleDispute00001
    charge.refunded.full.json => parked refetch ch_3TxExampleCharge000001
    charge.refunded.partial.json => parked refetch ch_3TxExampleCharge000001
    checkout.session.async_payment_failed.json => checkout failed ada@example.com
    checkout.session.async_payment_succeeded.json => checkout paid ada@example.com
    checkout.session.completed.json => checkout paid ada@example.com
    checkout.session.completed.unpaid.json => checkout pending ada@example.com
    checkout.session.expired.json => ignored
    connect.customer.subscription.updated.json => ignored
    customer.created.json => customer ada@example.com
    customer.deleted.json => customer ada.lovelace@example.com deleted
    customer.subscription.created.json => subscription incomplete 1×thly01<1788249600
    customer.subscription.created.trialing.json => subscription trialing 1×thly01<1786780800 trial<1786780800
    customer.subscription.deleted.incomplete_expired.note.json => subscription incomplete_expired 1×thly01<1788249600 ended@1785654000
    customer.subscription.deleted.json => subscription canceled 1×thly01<1788249600 cancel@1788249600 ended@1788249600
    customer.subscription.deleted.payment_failed.json => subscription canceled 1×thly01<1790841600 ended@1790064000
    customer.subscription.paused.json => subscription paused 1×thly01<1786780800 trial<1786780800
    customer.subscription.resumed.json => subscription active 1×thly01<1789891200 trial<1786780800
    customer.subscription.trial_will_end.json => subscription trialing 1×thly01<1786780800 trial<1786780800
    customer.subscription.updated.activated.json => subscription active 1×thly01<1788249600
    customer.subscription.updated.cancel_at_only.json => subscription active 1×thly01<1788249600 cancel@1788249600
    customer.subscription.updated.cancel_at_period_end.json => subscription active 1×thly01<1788249600 cancel@1788249600
    customer.subscription.updated.collection_paused.json => subscription active 1×thly01<1788249600 void<1790755200
    customer.subscription.updated.past_due.json => subscription past_due 1×thly01<1790841600
    customer.subscription.updated.plan_changed.json => subscription active 5×thly01<1788249600
    customer.subscription.updated.recovered.json => subscription active 1×thly01<1790841600
    customer.subscription.updated.renewed.json => subscription active 1×thly01<1790841600
    customer.subscription.updated.two_items_mixed_interval.json => subscription active 1×thly01<1788249600 3×Yearly<1817107200
    customer.subscription.updated.uncanceled.json => subscription active 1×thly01<1788249600
    customer.subscription.updated.unpaid.json => subscription unpaid 1×thly01<1790841600
    customer.updated.json => customer ada.lovelace@example.com
    entitlements.active_entitlement_summary.updated.json => ignored
    invoice.created.json => ignored
    invoice.finalized.json => ignored
    invoice.marked_uncollectible.json => ignored
    invoice.paid.livemode_true.json => live payment paid until 1788249600
    invoice.paid.manual_no_subscription.json => ignored
    invoice.paid.subscription_create.json => payment paid until 1788249600
    invoice.paid.subscription_cycle.json => payment paid until 1790841600
    invoice.paid.zero_amount_trial.json => payment paid until 1786780800
    invoice.paid.zero_decimal_jpy.json => payment paid until 1788249600
    invoice.payment_action_required.json => ignored
    invoice.payment_failed.json => payment failed until 1790841600
    invoice.payment_succeeded.json => ignored
    invoice.upcoming.json => ignored
    invoice.voided.json => ignored
    invoice_payment.paid.json => ignored
    pre-basil.customer.subscription.updated.json => subscription active 1×thly01<1788249600
    pre-basil.invoice.paid.json => payment paid until 1788249600
    radar.early_fraud_warning.created.json => warning of -
    refund.created.json => parked refetch re_3TxExampleRefund000001
    refund.failed.json => parked refetch re_3TxExampleRefund000001
    refund.updated.json => parked refetch re_3TxExampleRefund000001
    thin.v1.billing.meter.error_report_triggered.json => ignored
    thin.v1.customer.subscription.updated.json => parked refetch sub_1TxAmpLeSubScRiPtIoN01
    """#.split(separator: "\n").map(String.init)
