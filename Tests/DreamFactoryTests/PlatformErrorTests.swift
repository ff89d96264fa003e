import Testing
import Transport

@testable import DreamFactory

@Suite struct PlatformErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var status: Int
        var body: String
        var reason: PlatformError.Reason
        var remedy: PlatformError.Remedy
        var isUnknown: Bool

        var testDescription: String { "\(status) \(body.prefix(60))" }

        static func error(_ status: Int, _ message: String) -> String {
            guard case .answer(_, let body) = ScriptedSender.Line.error(status, message) else {
                return ""
            }
            return body
        }

        static let all = [
            Case(
                status: 400,
                body: Recorded.duplicateRole,
                reason: .alreadyExists,
                remedy: .retry,
                isUnknown: false
            ),
            Case(
                status: 400,
                body: Recorded.shortKey,
                reason: .refused(status: 400),
                remedy: .none,
                isUnknown: false
            ),
            Case(
                status: 400,
                body: Recorded.limitExists,
                reason: .alreadyExists,
                remedy: .retry,
                isUnknown: false
            ),
            Case(
                status: 400,
                body: error(400, "Unknown relationship: nosuch"),
                reason: .unreadable(status: 400),
                remedy: .retry,
                isUnknown: true
            ),
            Case(
                status: 400,
                body: #"{"error":{"code":404,"context":null,"message":"Record with identifier "#
                    + #"'9' not found.","status_code":404}}"#,
                reason: .notFound,
                remedy: .none,
                isUnknown: false
            ),
            Case(
                status: 404,
                body: error(404, "Record with identifier '4' not found."),
                reason: .notFound,
                remedy: .none,
                isUnknown: false
            ),
            Case(
                status: 404,
                body: error(404, "Resource 'limit' not found for service 'system'."),
                reason: .resourceMissing,
                remedy: .staff,
                isUnknown: false
            ),
            Case(
                status: 404,
                body: Recorded.laravel,
                reason: .unreadable(status: 404),
                remedy: .retry,
                isUnknown: true
            ),
            Case(
                status: 404,
                body: Recorded.html,
                reason: .unreadable(status: 404),
                remedy: .retry,
                isUnknown: true
            ),
            Case(
                status: 500,
                body: Recorded.laravel,
                reason: .fault(status: 500),
                remedy: .retry,
                isUnknown: true
            ),
            Case(
                status: 500,
                body: Recorded.php,
                reason: .fault(status: 500),
                remedy: .retry,
                isUnknown: true
            ),
            Case(
                status: 502,
                body: Recorded.html,
                reason: .unavailable(status: 502),
                remedy: .retry,
                isUnknown: true
            ),
            Case(
                status: 429,
                body: error(429, "API limit(s) exceeded. "),
                reason: .limitExceeded([]),
                remedy: .retry,
                isUnknown: false
            ),
            Case(
                status: 403,
                body: error(403, "Access Forbidden. POST access"),
                reason: .forbidden,
                remedy: .staff,
                isUnknown: false
            ),
            Case(
                status: 201,
                body: Recorded.html,
                reason: .unreadable(status: 201),
                remedy: .retry,
                isUnknown: true
            ),
            Case(
                status: 201,
                body: #"{"resource":[]}"#,
                reason: .unreadable(status: 200),
                remedy: .retry,
                isUnknown: true
            ),
            Case(
                status: 204,
                body: "",
                reason: .unreadable(status: 204),
                remedy: .retry,
                isUnknown: true
            ),
        ]
    }

    private func failure(_ line: ScriptedSender.Line) async throws -> PlatformError {
        let client = PlatformClient.make(ScriptedSender([.loggedIn, line]))
        let role = NewRole(
            name: try #require(RecordName("sub-1")),
            description: "",
            rules: [],
            app: NewApp(
                name: try #require(RecordName("sub-1-key")),
                description: "",
                apiKey: try #require(AppKey(Recorded.key))
            )
        )
        return try #require(
            await #expect(throws: PlatformError.self) { try await client.createRole(role) }
        )
    }

    @Test(arguments: Case.all)
    func `every shape of error is sorted and nothing of it is relayed`(_ example: Case) async throws
    {
        let error = try await failure(.answer(example.status, example.body))
        #expect(error.reason == example.reason)
        #expect(error.remedy == example.remedy)
        #expect(error.outcomeIsUnknown == example.isUnknown)
        let texts = ["\(error)", String(reflecting: error), error.description]
        for text in texts {
            for secret in ["SQLSTATE", "2a2a2a", Recorded.key, "quot", "right", "T1", "sub-1"] {
                #expect(!text.contains(secret))
            }
        }
        #expect(error.description.hasPrefix("Could not create the role: "))
    }

    @Test(arguments: [
        (TransportError.connectionRefused, false), (.hostNotFound, false), (.timedOut, true),
        (.connectionLost, true), (.cancelled, true), (.redirected(status: 301), true),
    ])
    func `a lost answer leaves the outcome of a write unknown`(
        _ cause: TransportError,
        _ isUnknown: Bool
    ) async throws {
        let error = try await failure(.fail(cause))
        #expect(error.reason == .transport(cause))
        #expect(error.outcomeIsUnknown == isUnknown)
        #expect(!PlatformError(.findRole, error.reason).outcomeIsUnknown)
    }

    @Test func `keys and credentials do not print themselves`() throws {
        let key = try #require(AppKey(Recorded.key))
        let app = NewApp(name: try #require(RecordName("a")), description: "", apiKey: key)
        let credentials = PlatformCredentials(email: "admin@example.com", password: "hunter22")
        var dumped = ""
        dump((app, credentials), to: &dumped)
        for text in ["\(app)", String(reflecting: app), "\(credentials)", dumped] {
            #expect(!text.contains("11aa11aa"))
            #expect(!text.contains("hunter22"))
            #expect(!text.contains("admin@example.com"))
        }
    }

    @Test(arguments: ["", "a b", "A", "a'b", "a/b", "a%27", "é", String(repeating: "a", count: 65)])
    func `a name that cannot be looked up is no name`(_ text: String) {
        #expect(RecordName(text) == nil)
    }

    @Test(arguments: [0, -1, Int64.min])
    func `an id is positive`(_ number: Int64) {
        #expect(RecordID<RoleRecord>(number) == nil)
    }
}
