import Foundation
import HTTP
import JSON
import Subscriptions
import Testing

@testable import Service

/// What anybody may read: the plans that are sold, and what can be asked at all.
@Suite struct OpenDoorTests {
    @Test func `the plans that are sold are listed with their limits and prices`() async throws {
        let road = try await Road(applying: Catalogues.both)
        let answer = try await road.request("GET", "/v1/plans")
        #expect(answer.status == 200)
        #expect(answer.headers["Cache-Control"] == "public, max-age=60")
        let plans = answer.json["plans"]?.array ?? []
        #expect(plans.map { $0["plan"]?.string } == ["max", "pro"])
        #expect(plans[1]["limits"] == [["rate": 5, "period": "minute", "verb": nil]])
        #expect(plans[1]["prices"] == ["stripe": ["price_pro"]])
    }

    @Test func `a change is seen soon, a retired plan and an older version are not`() async throws {
        let road = try await Road(applying: Catalogues.both)
        _ = try await road.request("GET", "/v1/plans")
        _ = await road.apply(Catalogues.of(Catalogues.plan("pro", price: "price_pro", rate: 7)))
        // Within seconds the same is said again: anybody may ask.
        let stale = try await road.request("GET", "/v1/plans")
        #expect(stale.json["plans"]?.array?.count == 2)
        road.pass(.seconds(10))
        let plans = try await road.request("GET", "/v1/plans").json["plans"]?.array ?? []
        #expect(plans.map { $0["limits"]?[0]?["rate"]?.int } == [7])
    }

    @Test func `a road without plans lists none`() async throws {
        let road = try await Road(applying: nil)
        #expect(try await road.request("GET", "/v1/plans").json == ["plans": []])
    }

    @Test func `what the description names is there, and speaks as it says`() async throws {
        let road = try await Road()
        let described = try await road.request("GET", "/openapi.json").json
        #expect(described["openapi"] == "3.1.0")
        let paths = try #require(described["paths"]?.object)
        #expect(paths.keys.sorted() == ["/v1/claims", "/v1/key", "/v1/key/rotate", "/v1/plans"])
        for (path, operations) in paths {
            for (method, operation) in try #require(operations.object) {
                let answer = try await road.request(method.uppercased(), path)
                let responses = try #require(operation["responses"]?.object)
                #expect(responses["\(answer.status)"] != nil, "\(path) \(answer.status)")
            }
        }
        let (_, token, _) = try await road.claimed()
        let members = try #require(try await road.key(token).json.object)
        let schema = described.at("components", "schemas")?["Key"]
        let names = try #require(schema?["properties"]?.object?.keys)
        #expect(Set(members.keys).isSubset(of: names))
        let needed = (schema?["required"]?.array ?? []).compactMap(\.string)
        #expect(Set(needed).isSubset(of: members.keys))
    }

    @Test func `every reference of the description leads to a schema`() throws {
        var names: Set<String> = []
        func collect(_ value: JSONValue) {
            if let name = value["$ref"]?.string { names.insert(name) }
            value.object?.values.forEach(collect)
            value.array?.forEach(collect)
        }
        collect(OpenAPIDocument.document)
        let schemas = OpenAPIDocument.document.at("components", "schemas")?.object ?? [:]
        #expect(names == Set(schemas.keys.map { "#/components/schemas/\($0)" }))
    }
}
