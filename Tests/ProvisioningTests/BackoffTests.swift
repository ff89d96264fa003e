import Testing

@testable import Provisioning

@Suite struct BackoffTests {
    @Test(arguments: [(1, 1.0), (2, 2.0), (3, 4.0), (9, 256.0), (10, 300.0), (1000, 300.0)])
    func `a revocation waits twice as long each time, up to 5 minutes`(
        _ failures: Int,
        _ seconds: Double
    ) {
        let longest = Backoff { 1 }.delay(afterFailures: failures, isRevocation: true)
        let shortest = Backoff { 0 }.delay(afterFailures: failures, isRevocation: true)
        #expect(longest == seconds)
        #expect(shortest == seconds / 2)
    }

    @Test func `everything else waits up to 15 minutes`() {
        #expect(Backoff { 1 }.delay(afterFailures: 1000, isRevocation: false) == 900)
    }
}
