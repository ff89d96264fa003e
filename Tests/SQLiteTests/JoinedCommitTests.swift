import Synchronization
import Testing

@testable import SQLite

struct JoinedCommitTests {
    /// A job that adds a name, and notes its outcome.
    private static func job(
        _ name: String,
        _ outcomes: Outcomes,
        _ body: @escaping @Sendable (Connection) throws -> Void = { _ in }
    ) -> WriteJob {
        WriteJob(
            isUrgent: false,
            perform: { connection in
                try connection.insert(name)
                try body(connection)
                return { outcomes.note(name)(Result<Void, any Error>.success(())) }
            },
            fail: { outcomes.note(name)(Result<Void, any Error>.failure($0)) }
        )
    }

    private static func open(_ folder: TemporaryFolder) throws -> (GroupCommit, Connection) {
        let connection = try Connection(path: folder.file())
        try Migrator.item.migrate(connection)
        let reader = try Connection(path: folder.file(), access: .readOnly)
        return (GroupCommit(connection: connection), reader)
    }

    private static func names(_ connection: Connection) throws -> [String] {
        try connection.query("SELECT name FROM item ORDER BY id") { try $0[0] }
    }

    @Test func `jobs that join are of the same commit`() throws {
        let folder = try TemporaryFolder()
        let (commit, reader) = try Self.open(folder)
        let outcomes = Outcomes()
        var late = [[Self.job("b", outcomes), Self.job("c", outcomes)], [Self.job("d", outcomes)]]
        var seen: [[String]] = []
        let reports = commit.run([Self.job("a", outcomes)]) {
            seen.append((try? Self.names(reader)) ?? ["unread"])
            return late.isEmpty ? [] : late.removeFirst()
        }
        #expect(seen == [[], [], []])
        #expect(try Self.names(reader) == ["a", "b", "c", "d"])
        for report in reports { report() }
        #expect(outcomes.wait(4).succeeded == ["a", "b", "c", "d"])
    }

    @Test func `a job that joins and fails undoes itself and nothing else`() throws {
        struct Refusal: Error {}
        let folder = try TemporaryFolder()
        let (commit, reader) = try Self.open(folder)
        let outcomes = Outcomes()
        var late = [Self.job("b", outcomes) { _ in throw Refusal() }, Self.job("c", outcomes)]
        let reports = commit.run([Self.job("a", outcomes)]) {
            defer { late = [] }
            return late
        }
        for report in reports { report() }
        let (succeeded, failed) = outcomes.wait(3)
        #expect(succeeded == ["a", "c"])
        #expect(failed == ["b"])
        #expect(try Self.names(reader) == ["a", "c"])
    }

    @Test func `a job that joins and loses the transaction costs the others a repetition only`()
        throws
    {
        let folder = try TemporaryFolder()
        let (commit, reader) = try Self.open(folder)
        let outcomes = Outcomes()
        var late = [Self.job("b", outcomes) { try $0.run("ROLLBACK") }, Self.job("c", outcomes)]
        let reports = commit.run([Self.job("a", outcomes)]) {
            defer { late = [] }
            return late
        }
        for report in reports { report() }
        let (succeeded, failed) = outcomes.wait(3)
        #expect(succeeded == ["a", "c"])
        #expect(failed == ["b"])
        #expect(try Self.names(reader) == ["a", "c"])
    }

    @Test func `writes that nobody waits for are done beside urgent ones without end`() throws {
        let folder = try TemporaryFolder()
        let database = try Database.make(in: folder)
        let outcomes = Outcomes()
        for number in 0..<200 {
            let name = "\(number)"
            database.enqueue(
                isUrgent: number % 2 == 0,
                { try $0.insert(name) },
                completion: outcomes.note(name)
            )
        }
        #expect(outcomes.wait(200).succeeded.count == 200)
        // The last of them was urgent or not; either way the next one is not left waiting.
        try database.writeBlocking { try $0.insert("last") }
        #expect(try database.names().count == 201)
        database.close()
    }
}
