import Testing

@testable import SQLite

struct MonitorTests {
    /// A writer that missed the moment by less than a microsecond kept its transaction open until
    /// somebody else wrote.
    @Test func `a moment that comes during a look is followed by another look`() {
        let monitor = Monitor(0)
        let moment = ContinuousClock.now + .milliseconds(1)
        let looks = monitor.wait(lookingAgainAt: moment) { looks -> Int? in
            looks += 1
            let isOver = ContinuousClock.now >= moment
            while ContinuousClock.now < moment {}
            return isOver ? looks : nil
        }
        #expect(looks <= 2)
    }

    @Test func `a change before the moment is seen at once`() {
        let monitor = Monitor(false)
        monitor.change { $0 = true }
        let isSeen = monitor.wait(lookingAgainAt: .now + .seconds(3_600)) { $0 ? true : nil }
        #expect(isSeen)
    }
}
