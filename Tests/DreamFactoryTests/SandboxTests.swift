import Foundation
import HTTP
import JSON
import Testing
import Transport

@testable import DreamFactory
@testable import Sandbox

/// Carries requests to a sandbox in this process.
struct InProcessSender: RequestSender {
    let platform: SandboxPlatform

    func send(_ request: ClientRequest) async throws(TransportError) -> ClientResponse {
        let query = request.url.query(percentEncoded: true).map { "?\($0)" } ?? ""
        var headers: HTTPHeaders = [:]
        for (name, value) in request.headers { headers[name] = value }
        let target = request.url.path(percentEncoded: true) + query
        guard
            let call = try? HTTPRequest(
                method: request.method,
                target: target,
                headers: headers,
                body: request.body ?? []
            )
        else { throw .invalidAddress }
        let answer = platform.answer(call)
        return ClientResponse(status: answer.status, body: answer.body)
    }
}

/// The client against the sandbox, which answers as the recorded platform did.
@Suite struct ClientOnSandboxTests {
    let platform: SandboxPlatform
    let admin: PlatformClient

    init() throws {
        platform = try SandboxPlatform()
        admin = try Self.client(
            platform,
            .administrator(
                PlatformCredentials(
                    email: SandboxPlatform.adminEmail,
                    password: SandboxPlatform.adminPassword
                )
            )
        )
    }

    private static func client(
        _ platform: SandboxPlatform,
        _ caller: PlatformCaller
    ) throws -> PlatformClient {
        PlatformClient(
            address: try PlatformAddress("http://127.0.0.1:1", isLive: true),
            caller: caller,
            sender: InProcessSender(platform: platform),
            now: { Date() }
        )
    }

    private func key(_ digits: String) throws -> AppKey {
        try #require(AppKey(String(repeating: digits, count: 32)))
    }

    /// A role for reading and writing the table, with an app.
    private func sell(_ name: String, _ key: AppKey, verbs: Int) async throws -> DreamFactory.Role {
        let found = try await admin.services.list(
            RecordQuery(filter: Filter("name", .equals, .text(SandboxPlatform.serviceName)))
        )
        let service = try #require(found.rows.first)
        let made = try await admin.roles.create(
            [
                RoleDraft(
                    name: name,
                    accessRules: [
                        RoleRule(service: service.id, component: "_table/*", verbMask: verbs)
                    ],
                    apps: [AppDraft(name: name, apiKey: key)]
                )
            ],
            returning: Returning(
                .all,
                related: [DreamFactory.Role.withRules, DreamFactory.Role.withApps]
            )
        )
        return try #require(made.first)
    }

    @Test func `a role, its app and its limit live and go`() async throws {
        let key = try key("a1")
        let role = try await sell("sub-1", key, verbs: 1)
        #expect(role.apps?.first?.apiKey == key)
        #expect(role.accessRules?.first?.requestorMask == 1)
        var draft = LimitDraft(.role, name: "sub-1", rate: 2, period: .minute)
        draft.roleID = role.id
        let limits = try await admin.limits.create([draft], returning: .all)
        let limit = try #require(limits.first)
        let reader = try Self.client(platform, .apiKey(key))
        let table = reader.database("shop").table("customers")
        let count = try await table.count()
        #expect(count > 0)
        _ = try await table.list()
        await #expect(
            throws: PlatformError(.read("list the rows"), .limitExceeded([limit.id.rawValue]))
        ) {
            _ = try await table.list()
        }
        try await admin.limitCounters.clear(limit.id)
        #expect(try await table.list().rows.count == count)
        let app = try #require(role.apps?.first?.id)
        try await admin.apps.update(app, ["is_active": false] as JSONValue)
        await #expect(throws: PlatformError(.read("list the rows"), .inactive)) {
            _ = try await table.list()
        }
        try await admin.apps.delete(app)
        try await admin.limits.delete(limit.id)
        try await admin.roles.delete(role.id)
        await #expect(throws: PlatformError(.read("list the rows"), .keyUnknown)) {
            _ = try await table.list()
        }
    }

    @Test func `rows are made, found, changed and deleted in every way`() async throws {
        let key = try key("b2")
        _ = try await sell("writer", key, verbs: 31)
        let table = try Self.client(platform, .apiKey(key)).database("shop").table("customers")
        let names = ["O'Brien", "say \"hi\"", "a = b", "one and two", "Größe ✓"]
        let rows = names.map { name -> JSONValue in ["name": .string(name), "region": "ZZ"] }
        let made = try await table.create(rows)
        #expect(made.count == names.count)
        for name in names {
            let found = try await table.list(
                RecordQuery(filter: Filter("name", .equals, .text(name)))
            )
            #expect(found.rows.map { $0["name"]?.string } == [name])
        }
        let zone = try Filter("region", .equals, "ZZ")
        #expect(try await table.count(where: zone) == names.count)
        let keys = made.compactMap { $0["id"]?.integer.map(RowKey.number) }
        _ = try await table.update(keys[0], ["region": "YY"] as JSONValue)
        _ = try await table.update(keys: Array(keys[1...2]), ["region": "YY"] as JSONValue)
        let other = try Filter("region", .equals, "YY")
        #expect(try await table.count(where: other) == 3)
        let whole = RecordQuery(filter: try zone.or(other), order: ["id"], includesCount: true)
        #expect(try await table.list(whole).count == names.count)
        var read: [Int64] = []
        for try await row in table.all(RecordQuery(filter: try zone.or(other)), pageSize: 2) {
            read.append(row["id"]?.integer ?? 0)
        }
        #expect(read.map(RowKey.number) == keys)
        try await table.delete(keys[0])
        try await table.delete(where: other)
        try await table.delete(keys: Array(keys[3...]))
        #expect(try await table.count(where: zone.or(other)) == 0)
    }

    @Test func `a batch that fails says what became of each record`() async throws {
        let roles = [["name": "one"], ["name": "one"], ["name": "two"]] as [JSONValue]
        for (mode, failures, left) in [
            (BatchMode.allOrNothing, [1], 0), (.stopAtFirst, [1], 1), (.goOn, [0, 1], 2),
        ] {
            let error = await #expect(throws: PlatformError.self) {
                _ = try await admin.roles.create(roles, mode: mode)
            }
            #expect(error?.batch?.failures == failures)
            #expect(error?.reason == .alreadyExists)
            let filter = try Filter.isIn("name", ["one", "two"])
            #expect(try await admin.roles.count(where: filter) == left)
        }
    }

    @Test func `tables are made, altered and dropped`() async throws {
        let schema = admin.database("shop").schema
        let table = TableSchema(
            name: "notes",
            label: "Note",
            field: [
                FieldSchema(name: "id", type: "id"),
                FieldSchema(name: "text", type: "string", length: 80, allowNull: true),
            ]
        )
        try await schema.create([table])
        #expect(try await schema.names().contains("notes"))
        let more =
            ["field": [["name": "rank", "type": "integer", "allow_null": true]]] as JSONValue
        try await schema.alter("notes", more)
        let described = try await schema.table("notes")
        #expect(described.field?.map(\.name) == ["id", "text", "rank"])
        let made = try await admin.database("shop").table("notes").create(
            [["text": "x", "rank": 1] as JSONValue],
            returning: .all
        )
        #expect(made.first?["rank"] == 1)
        try await schema.drop("notes", accepting: [.dataDropped])
        await #expect(throws: PlatformError(.read("describe the table"), .notFound)) {
            _ = try await schema.table("notes")
        }
    }

    @Test func `a user logs in, reads a profile and changes a password`() async throws {
        let key = try key("c3")
        _ = try await sell("people", key, verbs: 1)
        let draft = UserDraft(
            email: "joe@example.com",
            password: "first-Password-001",
            firstName: "Joe",
            lastName: "Doe"
        )
        let made = try await admin.users.create([draft])
        let user = try Self.client(
            platform,
            .user(
                PlatformCredentials(email: draft.email, password: "first-Password-001"),
                key: key
            )
        )
        #expect(try await !user.database("shop").table("customers").list().rows.isEmpty)
        #expect(try await user.userProfile.get().firstName == "Joe")
        let session = try await user.userSession.current()
        #expect(session.email == draft.email && !session.isAdministrator)
        try await user.userPassword.change(from: "first-Password-001", to: "second-Password-01")
        let anybody = try Self.client(platform, .anonymous)
        let credentials = PlatformCredentials(email: draft.email, password: "second-Password-01")
        #expect(try await anybody.userSession.logIn(credentials).userID == made[0].id.rawValue)
        await #expect(throws: PlatformError(.logIn, .loginRefused(status: 401))) {
            _ = try await anybody.adminSession.logIn(credentials)
        }
        try await admin.users.delete(made[0].id)
    }

    @Test func `the platform says what it is`() async throws {
        #expect(try await admin.status().version == admin.environment().version)
        #expect(try await admin.resources(of: "system").contains("role"))
        #expect(try await admin.serviceTypes.list().contains { $0.name == "sqlite" })
        #expect(try await admin.admins.list().rows.first?.email == SandboxPlatform.adminEmail)
        try await admin.cache.clear()
    }
}
