import Subscriptions
import Testing

struct OrderTests {
    @Test(arguments: StoreFactory.all)
    func `a subscription is found by its order, the oldest of several, of its mode alone`(
        _ factory: StoreFactory
    ) async throws {
        let store = try factory.make()
        try await store.seed(.one, .two, .three)
        func found(_ order: String, _ mode: Mode = .test) async throws -> Subscription.ID? {
            try await store.read {
                try $0.subscription(provider: .stripe, mode: mode, order: order)?.id
            }
        }
        #expect(try await found("7") == nil)
        for id in [Subscription.ID.three, .two] {
            try await store.write { tx in
                guard var subscription = try tx.subscription(id) else { return }
                subscription.order = "7"
                try tx.save(subscription)
            }
        }
        #expect(try await found("7") == .three)
        #expect(try await found("7", .live) == nil)
        #expect(try await found("8") == nil)
    }
}
