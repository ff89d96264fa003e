import Testing

@testable import HTTP

struct DeadlineQueueTests {
    @Test func `deadlines come out in order, whatever the order they went in`() {
        var generator = SeededGenerator(seed: 1)
        var queue = DeadlineQueue()
        let deadlines = (0..<500).map { _ in UInt64.random(in: 0..<100, using: &generator) }
        for (id, deadline) in deadlines.enumerated() {
            queue.insert(.init(deadline: deadline, id: UInt64(id)))
        }
        var taken: [UInt64] = []
        while let first = queue.first {
            taken.append(first.deadline)
            queue.removeFirst()
        }
        #expect(taken == deadlines.sorted())
    }
}
