import Foundation
import JSON
import Testing

@testable import DreamFactory

@Suite struct PagingTests {
    private static func page(_ ids: Int...) -> ScriptedSender.Line {
        let rows = ids.map { #"{"id":\#($0),"name":"r\#($0)"}"# }.joined(separator: ",")
        return .answer(200, #"{"resource":[\#(rows)]}"#)
    }

    @Test func `pages follow each other by the last key, until one is empty`() async throws {
        let sender = ScriptedSender([
            .loggedIn, Self.page(1, 2), Self.page(5), Self.page(7, 9), Self.page(),
        ])
        let client = PlatformClient.make(sender)
        let filter = try Filter("name", .like, "r%")
        var names: [String] = []
        let roles = client.roles.all(
            RecordQuery(filter: filter, fields: ["name"]),
            pageSize: 2
        )
        for try await role in roles { names.append(role.name ?? "") }
        #expect(names == ["r1", "r2", "r5", "r7", "r9"])
        #expect(
            sender.lines.dropFirst().map { $0.removingPercentEncoding ?? "" } == [
                "GET /api/v2/system/role?filter=name like 'r%'&fields=name,id&order=id ASC&limit=2",
                "GET /api/v2/system/role?filter=(id>2) and (name like 'r%')&fields=name,id"
                    + "&order=id ASC&limit=2",
                "GET /api/v2/system/role?filter=(id>5) and (name like 'r%')&fields=name,id"
                    + "&order=id ASC&limit=2",
                "GET /api/v2/system/role?filter=(id>9) and (name like 'r%')&fields=name,id"
                    + "&order=id ASC&limit=2",
            ]
        )
    }

    @Test func `pages can be counted where there is no such key`() async throws {
        let sender = ScriptedSender([.loggedIn, Self.page(1, 2), Self.page(3), Self.page()])
        let table = PlatformClient.make(sender).database("shop").table("customers")
        var ids: [Int] = []
        for try await row in table.all(pageSize: 2, paging: .offset, as: JSONValue.self) {
            ids.append(row["id"]?.int ?? 0)
        }
        #expect(ids == [1, 2, 3])
        #expect(sender.lines.suffix(2).map { String($0.suffix(8)) } == ["offset=2", "offset=3"])
    }

    @Test func `a platform that repeats a page is not followed for ever`() async throws {
        let sender = ScriptedSender([.loggedIn, Self.page(1, 2), Self.page(1, 2)])
        let client = PlatformClient.make(sender)
        await #expect(throws: PlatformError(.readPages, .unreadable(status: 200))) {
            for try await _ in client.roles.all(pageSize: 2) {}
        }
    }

    @Test func `a failure on the way is thrown where it happens`() async throws {
        let sender = ScriptedSender([.loggedIn, Self.page(1, 2), .answer(500, Recorded.laravel)])
        let client = PlatformClient.make(sender)
        var seen = 0
        await #expect(throws: PlatformError.self) {
            for try await _ in client.roles.all(pageSize: 2) { seen += 1 }
        }
        #expect(seen == 2)
    }

    @Test func `rows come as the type that is asked for`() async throws {
        struct Customer: Codable, Sendable, Equatable {
            var id: Int
            var name: String
        }
        let sender = ScriptedSender([
            .loggedIn, Self.page(1), .answer(200, #"{"resource":[{"id":2}]}"#),
            .answer(200, #"{"resource":[{"id":3}]}"#),
        ])
        let table = PlatformClient.make(sender).database("shop").table("customers")
        #expect(try await table.list(as: Customer.self).rows == [Customer(id: 1, name: "r1")])
        _ = try await table.create([Customer(id: 2, name: "x")])
        #expect(sender.sent.last?.body == ["resource": [["id": 2, "name": "x"]]])
        // A row that cannot be read is not taken for absent.
        await #expect(throws: PlatformError.self) { try await table.list(as: Customer.self) }
    }
}
