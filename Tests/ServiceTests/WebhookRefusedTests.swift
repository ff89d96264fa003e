import Foundation
import HTTP
import JSON
import Testing

@testable import Service

/// Deliveries that are refused: a status, a stable type, a sentence, and nothing stored.
struct WebhookRefusedTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let detail: String
        let signature: @Sendable (_ body: [UInt8], _ now: Date) -> String?

        init(
            _ name: String,
            _ detail: String,
            _ signature: @escaping @Sendable (_ body: [UInt8], _ now: Date) -> String?
        ) {
            testDescription = name
            self.detail = detail
            self.signature = signature
        }
    }

    static let cases = [
        Case("unsigned", "The request is not signed") { _, _ in nil },
        Case("malformed", "Stripe-Signature") { _, _ in "t=1, v1 = garbage" },
        Case("forged: another secret", "No signature") { body, now in
            Road.signature(body, at: now, secret: "whsec_of_somebody_else_entirely_000")
        },
        Case("forged: another body", "No signature") { body, now in
            Road.signature(body + [0x20], at: now)
        },
        Case("forged: another time", "No signature") { body, now in
            let parts = Road.signature(body, at: now).split(separator: ",")
            return "t=\(Int64(now.timeIntervalSince1970) + 1),\(parts[1])"
        },
        Case("downgraded to v0", "No signature") { body, now in
            Road.signature(body, at: now).replacing("v1=", with: "v0=")
        },
        Case("stale", "too long ago") { body, now in
            Road.signature(body, at: now.addingTimeInterval(-301))
        },
        Case("future", "future") { body, now in
            Road.signature(body, at: now.addingTimeInterval(301))
        },
    ]

    @Test(arguments: cases)
    func `what is not rightly signed is 400, says why, and stores nothing`(
        _ refused: Case
    ) async throws {
        let road = try await Road()
        let body = Subscriber(signedUpAt: road.now).signUp[0].serialized()
        var headers = HTTPHeaders()
        headers["Stripe-Signature"] = refused.signature(body, road.now)
        let response = try await road.request("POST", "/webhooks/stripe", headers, body: body)
        #expect(response.status == 400)
        #expect(response.headers["Content-Type"] == "application/problem+json")
        #expect(response.json["type"] == "urn:tollgate:problem:invalid-signature")
        #expect(response.json["title"] == "The signature is not accepted")
        #expect(response.json["status"] == 400)
        #expect(response.json["request_id"] == "request-1")
        let detail = try #require(response.json["detail"]?.string)
        #expect(detail.hasSuffix("."))
        #expect(try await road.events().isEmpty)
        let lines = road.log.about("webhook.refused", level: .warning)
        #expect(lines.count == 1)
        #expect(lines.first?.contains("request-1") == true)
    }

    @Test(arguments: [-300.0, 300.0])
    func `a signature at the edge of the tolerance is taken`(_ offset: Double) async throws {
        let road = try await Road()
        let body = Subscriber(signedUpAt: road.now).signUp[0].serialized()
        let signature = Road.signature(body, at: road.now.addingTimeInterval(offset))
        #expect(try await road.deliver(body, signature: signature).status == 200)
    }

    @Test func `a provider that is not configured has no endpoint`() async throws {
        let road = try await Road()
        let response = try await road.request("POST", "/webhooks/paddle", body: Array("{}".utf8))
        #expect(response.status == 404)
        #expect(response.json["type"] == "urn:tollgate:problem:not-found")
        #expect(try await road.events().isEmpty)
    }

    @Test func `another method is 405 and says which is right`() async throws {
        let road = try await Road()
        let response = try await road.request("GET", "/webhooks/stripe")
        #expect(response.status == 405)
        #expect(response.headers["Allow"] == "POST")
        #expect(response.json["type"] == "urn:tollgate:problem:method-not-allowed")
    }
}
