import Digest
import Foundation
import JSON
import Testing
import Webhooks

/// A published signature, with what official SDKs make of it.
struct SignatureCase {
    let id: String
    let provider: String
    let expect: String
    private let example: JSONValue

    private init(_ example: JSONValue) throws {
        self.id = try #require(example["id"]?.string)
        self.provider = try #require(example["provider"]?.string)
        self.expect = try #require(example["expect"]?.string)
        self.example = example
    }

    static func all(in file: String) throws -> [SignatureCase] {
        let cases = try #require(try Fixture.json(file)["cases"]?.array)
        return try cases.map { try SignatureCase($0) }
    }

    /// Why an endpoint refuses it; nil where it does not.
    func refusal(by adapter: any ProviderAdapter) throws -> SignatureFailure? {
        let secrets = try #require(example["secrets"]?.array).compactMap(\.string)
        let body = try #require(example["body_b64"]?.string.flatMap { Base64.decode($0) })
        let tolerance = example["tolerance"]?.integer ?? 300
        let endpoint = WebhookEndpoint(
            adapter: adapter,
            secrets: secrets,
            // The SDKs switch the check off with 0.
            tolerance: tolerance == 0 ? nil : .seconds(tolerance)
        )
        let headers = try #require(example["headers"]?.object)
        let now = Date(timeIntervalSince1970: Double(try #require(example["now"]?.integer)))
        return failure {
            try endpoint.verify(
                headers: { name in headers[name]?.string.map { [$0] } ?? [] },
                body: body,
                now: now
            )
        }
    }
}
