import Foundation
import JSON
import Sandbox
import Testing

struct SeedTests {
    private static let shop: JSONValue = [
        "databases": [
            [
                "name": "books.sqlite",
                "tables": [
                    [
                        "name": "books",
                        "field": [
                            ["name": "id", "type": "id"], ["name": "title", "type": "string"],
                        ],
                        "rows": [["title": "Emma"], ["title": "Ulysses"]],
                    ]
                ],
                "procedures": [["name": "titles", "sql": "SELECT title FROM {books}"]],
            ]
        ],
        "services": [
            [
                "name": "library", "type": "sqlite", "is_active": true,
                "config": ["database": "books.sqlite"],
            ]
        ],
        "roles": [
            [
                "name": "reader", "is_active": true,
                "role_service_access_by_role_id": [
                    [
                        "service": "library", "component": "_table/books/*", "verb_mask": 1,
                        "requestor_mask": 1,
                    ]
                ],
            ]
        ],
        "apps": [
            [
                "name": "reader", "role": "reader", "is_active": true,
                "api_key": .string(.key("a")),
            ]
        ],
        "limits": [
            [
                "name": "reader", "type": "instance.role", "role": "reader", "rate": 2,
                "period": "day",
            ]
        ],
    ]

    private func platform(_ seed: JSONValue, database: String? = nil) throws -> SandboxPlatform {
        try SandboxPlatform(database: database, seed: seed.serialized())
    }

    @Test func `a seed that is no JSON is refused in a sentence`() {
        let error = #expect(throws: (any Error).self) { try SandboxPlatform(seed: Array("{".utf8)) }
        #expect(error.map { "\($0)" }?.hasPrefix("The seed is not JSON: have") == true)
    }

    @Test func `a seed makes tables, rows, services, roles, apps and limits`() throws {
        let reader = Visitor.key(.key("a"), of: try platform(Self.shop))
        let rows = try reader.call("GET", "library/_table/books?fields=title").body["resource"]
        #expect(rows == [["title": "Emma"], ["title": "Ulysses"]])
        #expect(try reader.call("POST", "library/_table/books").status == 401)
        #expect(try reader.call("GET", "library/_table/books/1").status == 200)
        #expect(try reader.call("GET", "library/_table/books").status == 429)
    }

    @Test func `a seed gives a database procedures, which SQLite itself has none of`() throws {
        let admin = try Visitor.admin(of: try platform(Self.shop))
        let titles: JSONValue = [["title": "Emma"], ["title": "Ulysses"]]
        #expect(try admin.call("GET", "library/_proc/titles").body == [titles, titles])
        #expect(try admin.call("GET", "db/_proc/titles").status == 404)
    }

    @Test func `a seed takes the place of the shop, and a state that exists stays`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).db").path
        defer {
            for suffix in ["", "-wal", "-shm", ".lock"] {
                try? FileManager.default.removeItem(atPath: file + suffix)
            }
        }
        let shop = "system/service?filter=name='shop'&count_only=true"
        for _ in 0..<2 {
            let admin = try Visitor.admin(of: try platform(Self.shop, database: file))
            #expect(try admin.call("GET", shop).body == 0)
            #expect(try admin.call("GET", "system/role?count_only=true").body == 1)
        }
    }

    @Test(
        arguments: [
            ([], "no JSON object"), (["tables": []], "`tables`"), (["databases": [[:]]], "no name"),
            (["apps": [["name": "a", "role": "x"]]], "no role \"x\""),
            (["roles": [["is_active": true]]], "The name field is required."),
            (["databases": [["name": "d", "tables": [["name": "t"]]]]], "No valid fields"),
            (
                ["databases": [["name": "d", "functions": [[:]]]]],
                "function of the seed has no name"
            ),
        ] as [(JSONValue, String)]
    )
    func `a seed that cannot be made is refused in a sentence`(seed: JSONValue, part: String) throws
    {
        let error = try #require(throws: SandboxError.self) { try platform(seed) }
        #expect(error.description.contains(part))
    }

    @Test func `a seed that is no JSON is refused`() {
        #expect(throws: SandboxError.self) { try SandboxPlatform(seed: Array("{".utf8)) }
    }
}
