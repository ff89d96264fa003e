import Testing

@testable import HTTP

struct RequestIDTests {
    @Test func `no id comes twice, and each has 15 letters and digits`() {
        let ids = RequestIDs()
        let made = (0..<10_000).map { _ in ids.next() }
        #expect(Set(made).count == made.count)
        #expect(made.allSatisfy { $0.utf8.count == 15 })
        #expect(made.joined().allSatisfy { $0.isASCII && ($0.isNumber || $0.isLowercase) })
    }

    @Test func `two processes do not make the same ids`() {
        let (first, second) = (RequestIDs(), RequestIDs())
        let made = (0..<100).flatMap { _ in [first.next(), second.next()] }
        #expect(Set(made).count == made.count)
    }
}
