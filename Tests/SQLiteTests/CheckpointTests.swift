import Foundation
import Testing

@testable import SQLite

struct CheckpointTests {
    private typealias Step = CheckpointSchedule.Step

    @Test func `most is moved aside and the writer moves the rest once`() {
        var schedule = CheckpointSchedule()
        #expect(schedule.next(pages: 999, isBusy: false) == Step.none)
        #expect(schedule.next(pages: 1_000, isBusy: false) == .aside)
        #expect(schedule.next(pages: 1_010, isBusy: true) == Step.none)
        #expect(schedule.next(pages: 1_999, isBusy: false) == Step.none)
        #expect(schedule.next(pages: 2_000, isBusy: false) == .aside)
        #expect(schedule.next(pages: 4_000, isBusy: true) == Step.none)
        #expect(schedule.next(pages: 4_001, isBusy: false) == .aside)
        #expect(schedule.next(pages: 4_050, isBusy: true) == Step.none)
        #expect(schedule.next(pages: 4_060, isBusy: false) == .here)
        #expect(schedule.next(pages: 4_061, isBusy: false) == Step.none)
    }

    @Test func `a WAL that has begun anew is counted anew`() {
        var schedule = CheckpointSchedule()
        #expect(schedule.next(pages: 4_000, isBusy: false) == .aside)
        #expect(schedule.next(pages: 3, isBusy: false) == Step.none)
        #expect(schedule.next(pages: 1_000, isBusy: false) == .aside)
    }

    @Test func `behind a reader that stays it is tried again every thousand pages`() {
        var schedule = CheckpointSchedule()
        var steps: [Step] = []
        for pages in stride(from: Int32(100), through: 15_000, by: 100) {
            steps.append(schedule.next(pages: pages, isBusy: false))
        }
        #expect(steps.count { $0 == .aside } == 14)
        #expect(steps.count { $0 == .here } == 10)
    }

    @Test func `a WAL that grows faster than it is moved makes the writer wait`() {
        var schedule = CheckpointSchedule()
        #expect(schedule.next(pages: 15_999, isBusy: true) == Step.none)
        #expect(schedule.next(pages: 16_000, isBusy: true) == .here)
        #expect(schedule.next(pages: 16_100, isBusy: true) == Step.none)
        #expect(schedule.next(pages: 17_000, isBusy: true) == .here)
    }

    @Test func `what the checkpointer moves stands in the file`() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: folder.file())
        try Migrator.item.migrate(connection)
        connection.takeOverCheckpoints()
        try connection.insert("moved")
        let checkpointer = Checkpointer()
        checkpointer.start(try Connection(path: folder.file())) { Issue.record("\($0)") }
        checkpointer.begin()
        checkpointer.waitUntilIdle()
        #expect(!checkpointer.isBusy)
        checkpointer.close()
        // Only what the file itself holds, without its WAL.
        try FileManager.default.copyItem(atPath: folder.file(), toPath: folder.file("alone.db"))
        let alone = try Connection(path: folder.file("alone.db"), access: .readOnly)
        #expect(try alone.first("SELECT name FROM item") { try $0[0] as String } == "moved")
    }
}
