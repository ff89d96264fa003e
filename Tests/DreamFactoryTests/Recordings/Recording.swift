import Foundation
import JSON
import Synchronization
import Testing
import Transport

@testable import DreamFactory

/// One recorded call and its answer.
struct Recording: Sendable, CustomTestStringConvertible {
    var file: String
    var number: Int
    var method: String
    var path: String
    var query: [QueryItem]
    var headers: [String: String]
    var body: String?
    var status: Int
    var answer: String
    var answerHeaders: [String: String]

    var testDescription: String { "\(file) \(number): \(method) \(path)" }
    /// The parts of the path below `/api/v2`, decoded.
    var parts: [String] {
        path.dropFirst("/api/v2".count).split(separator: "/").map(String.init)
    }
    var bodyJSON: JSONValue? { body.flatMap { try? JSONValue(parsing: Array($0.utf8)) } }
    var answerJSON: JSONValue? { try? JSONValue(parsing: Array(answer.utf8)) }

    static let files = [
        "apikey-calls", "apps", "danger-force", "environment-services", "errors", "limits",
        "no-limits-package", "procedures-functions", "provisioning-adopt", "provisioning-batch",
        "provisioning-lifecycle", "provisioning-rotation", "roles", "schema", "schema-mariadb",
        "seed-examples", "services", "sessions", "system-by-api-key", "tables-apikey",
        "tables-crud", "tables-filters", "token-lifetime", "users", "users-mail",
    ]

    static func load(_ file: String) throws -> [Recording] {
        let url = try #require(
            Bundle.module.url(forResource: file, withExtension: "jsonl", subdirectory: "Fixtures")
        )
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
            try Recording(file: file, JSONValue(parsing: line.utf8))
        }
    }

    private init(file: String, _ json: JSONValue) throws {
        self.file = file
        number = try #require(json["seq"]?.int)
        method = try #require(json.at("request", "method")?.string)
        let target = try #require(json.at("request", "path")?.string)
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = try #require(String(halves[0]).removingPercentEncoding)
        query = Self.items(halves.count == 2 ? String(halves[1]) : "")
        var headers: [String: String] = [:]
        for (name, value) in json.at("request", "headers")?.object ?? [:] {
            headers[name.lowercased()] = value.string
        }
        self.headers = headers
        body = json.at("request", "body")?.string
        status = try #require(json.at("response", "status")?.int)
        answer = json.at("response", "body")?.string ?? ""
        answerHeaders = [:]
    }

    static func items(_ query: String) -> [QueryItem] {
        query.split(separator: "&").map { item in
            let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = halves.map {
                $0.replacing("+", with: "%20").removingPercentEncoding ?? String($0)
            }
            return QueryItem(decoded[0], decoded.count == 2 ? decoded[1] : "")
        }
    }
}

/// Answers every request with the recorded answer and keeps the request.
final class RecordedSender: RequestSender {
    let recording: Recording
    private let log = Mutex<[ClientRequest]>([])

    var requests: [ClientRequest] { log.withLock { $0 } }

    init(_ recording: Recording) { self.recording = recording }

    func send(_ request: ClientRequest) async throws(TransportError) -> ClientResponse {
        log.withLock { $0.append(request) }
        return ClientResponse(status: recording.status, body: Array(recording.answer.utf8))
    }
}

/// Why a recorded call is not one that the client makes.
struct NotOffered: Error, Hashable {
    var reason: String

    static let verb = NotOffered(reason: "HEAD, OPTIONS, TRACE, MERGE, or another verb in disguise")
    static let alias = NotOffered(
        reason: "PUT of a system record or a profile: PATCH does the same"
    )
    static let credentials = NotOffered(
        reason: "credentials in the address, as Basic, beside a login, or no possible key"
    )
    static let mediaType = NotOffered(reason: "another media type than JSON")
    static let noRecord = NotOffered(
        reason: "no record: broken JSON, no body, an empty or unwrapped list, or part of a login"
    )
    static let hazard = NotOffered(
        reason: "refused as a hazard: `force`, no ids, a wrapped change, an app without key, "
            + "limits in bulk, a row of another role"
    )
    static let systemFilter = NotOffered(
        reason: "a write by filter on system records, or a delete by body: it fails there"
    )
    static let spelling = NotOffered(
        reason: "a filter, order or number that the builder spells otherwise or not at all"
    )
    static let refusedFilter = NotOffered(reason: "a filter that the builder refuses")
    static let parameter = NotOffered(
        reason: "a parameter with no use to a typed client: `as_list`, `params`, `regenerate`, …"
    )
    static let address = NotOffered(
        reason: "an address that is none of the API, or a name or id that cannot be one"
    )
    static let inline = NotOffered(
        reason:
            "parameters in a form that another call covers: inline, as one object, in a GET's body"
    )
    static let operation = NotOffered(reason: "an operation that the resource does not have")
}
