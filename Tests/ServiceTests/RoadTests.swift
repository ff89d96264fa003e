import HTTP
import JSON
import Testing

@testable import Service

struct RoadTests {
    @Test func `a payment becomes a working key with its limit`() async throws {
        let road = try await Road()
        let (_, token, key) = try await road.claimed()
        let shown = try await road.key(token)
        #expect(shown.status == 200)
        #expect(shown.json["key"]?.string == key)
        let statuses = try (1...6).map { _ in try road.use(key) }
        #expect(statuses == [200, 200, 200, 200, 200, 429])
    }
}
