import Foundation
import SQLite
import Storage
import Subscriptions

/// What the command line asks for.
enum Order {
    case seed(database: String, count: Int)
    case tokens(count: Int)

    static let usage = """
        usage: tollgate-benchmark seed DATABASE N    fills a database up to N subscriptions
               tollgate-benchmark tokens N           prints the lookup tokens of the first N
        TOLLGATE_MASTER_KEY is the key that the server will have.
        """

    init?(_ words: [String]) {
        switch (words.first, words.count, words.last.flatMap(Int.init)) {
        case ("seed", 3, .some(let count)): self = .seed(database: words[1], count: count)
        case ("tokens", 2, .some(let count)): self = .tokens(count: count)
        default: return nil
        }
    }
}

func seed(_ database: String, _ count: Int) async throws {
    let text = ProcessInfo.processInfo.environment["TOLLGATE_MASTER_KEY"] ?? ""
    guard let key = MasterKey(hex: text) else {
        fail("TOLLGATE_MASTER_KEY must be 64 hex digits.", code: 2)
    }
    let lock = try DatabaseLock(databasePath: database)
    let store = try SQLiteStore(path: lock.realPath, now: { Date() }) { error in
        fail("The disk failed: \(error)", code: 1)
    }
    let added = try await Seed(keyRing: KeyRing(current: key), now: Date())
        .fill(store, upTo: count)
    store.close()
    print("\(added) subscriptions added")
}

func printTokens(_ count: Int) {
    for start in stride(from: 0, to: count, by: 10_000) {
        let lines = (start..<min(start + 10_000, count)).map { Seed.token($0) + "\n" }
        FileHandle.standardOutput.write(Data(lines.joined().utf8))
    }
}

func fail(_ sentence: String, code: Int32) -> Never {
    FileHandle.standardError.write(Data((sentence + "\n").utf8))
    exit(code)
}

guard let order = Order(Array(CommandLine.arguments.dropFirst())) else {
    fail(Order.usage, code: 2)
}
do {
    switch order {
    case .seed(let database, let count): try await seed(database, count)
    case .tokens(let count): printTokens(count)
    }
} catch {
    fail("\(error)", code: 1)
}
