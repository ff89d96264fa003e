import Subscriptions
import Testing

struct IdentifierTests {
    @Test func `a random id is 128 bits in 26 lower-case base32 characters`() {
        let random = makeRandom()
        let ids = (0..<100).map { _ in Subscription.ID.random(random) }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { $0.rawValue.wholeMatch(of: /[a-z2-7]{26}/) != nil })
        let counting = Subscription.ID.random { count in (0..<UInt8(count)).map { $0 } }
        #expect(counting.rawValue == "aaaqeayeaudaocajbifqydiob4")
        #expect("\(counting)" == counting.rawValue)
    }
}
