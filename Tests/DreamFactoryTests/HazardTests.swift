import JSON
import Testing

@testable import DreamFactory

/// Calls that do what is seldom meant are never sent by accident.
@Suite struct HazardTests {
    let client: PlatformClient
    let sender: ScriptedSender
    let key: AppKey

    init() throws {
        sender = ScriptedSender([])
        client = PlatformClient.make(sender)
        key = try #require(AppKey(Recorded.key))
    }

    private func expect(
        _ hazard: Hazard,
        _ call: () async throws(PlatformError) -> Void
    ) async {
        do {
            try await call()
            Issue.record("nothing was refused")
        } catch {
            #expect(error.reason == .hazardous(hazard))
            #expect(!error.outcomeIsUnknown)
            #expect(error.description.hasPrefix("Could not "))
        }
        #expect(sender.sent.isEmpty)
    }

    @Test func `a write names at least one record`() async {
        let noRoles: [RecordID<RoleRecord>] = []
        let nothing: [JSONValue] = []
        await expect(.nothingNamed) { () async throws(PlatformError) in
            try await client.roles.delete(ids: noRoles)
        }
        await expect(.nothingNamed) { () async throws(PlatformError) in
            try await client.roles.update(ids: noRoles, ["is_active": true] as JSONValue)
        }
        await expect(.nothingNamed) { () async throws(PlatformError) in
            try await client.roles.update([["is_active": true] as JSONValue])
        }
        await expect(.nothingNamed) { () async throws(PlatformError) in
            _ = try await client.roles.get(ids: noRoles)
        }
        await expect(.nothingNamed) { () async throws(PlatformError) in
            _ = try await client.roles.create(nothing)
        }
        let table = client.database("shop").table("customers")
        await expect(.nothingNamed) { () async throws(PlatformError) in
            try await table.delete(keys: [])
        }
        await expect(.nothingNamed) { () async throws(PlatformError) in
            try await table.delete([["name": "x"] as JSONValue])
        }
        await expect(.nothingNamed) { () async throws(PlatformError) in
            try await client.database("shop").schema.drop([], accepting: [.dataDropped])
        }
    }

    @Test func `the change of one record is never wrapped`() async throws {
        let id = try #require(RecordID<RoleRecord>(1))
        await expect(.nothingNamed) { () async throws(PlatformError) in
            try await client.roles.update(id, ["resource": [["name": "x"]]] as JSONValue)
        }
        await expect(.nothingNamed) { () async throws(PlatformError) in
            try await client.roles.update(id, [:] as JSONValue)
        }
    }

    @Test func `limits are not changed in bulk, whatever is accepted`() async throws {
        let ids = [1, 2].compactMap { RecordID<LimitRecord>($0) }
        await expect(.limitsInBulk) { () async throws(PlatformError) in
            try await client.limits.update(
                ids: ids,
                ["rate": 7] as JSONValue,
                accepting: Set(Hazard.allCases)
            )
        }
        await expect(.limitsInBulk) { () async throws(PlatformError) in
            try await client.limits.update([["id": 1, "rate": 7] as JSONValue])
        }
    }

    @Test func `a nested app has its own key, whatever is accepted`() async throws {
        let role: JSONValue = ["name": "r", "app_by_role_id": [["name": "a", "is_active": true]]]
        await expect(.appWithoutKey) { () async throws(PlatformError) in
            _ = try await client.roles.create([role], accepting: Set(Hazard.allCases))
        }
        let id = try #require(RecordID<RoleRecord>(1))
        await expect(.appWithoutKey) { () async throws(PlatformError) in
            try await client.roles.update(
                id,
                ["app_by_role_id": [["name": "a"]]] as JSONValue,
                accepting: Set(Hazard.allCases)
            )
        }
    }

    static let changes: [(JSONValue, Hazard)] = [
        (["role_service_access_by_role_id": [["component": "x"]]], .rowsAddedAgain),
        (["app_by_role_id": [["id": 4, "role_id": nil]]], .rowRemovedAgain),
        (["app_by_role_id": [["id": 4, "role_id": 2]]], .foreignRow),
        (["app_by_role_id": [["id": 4, "api_key": "k"]]], .oldKeyStaysAlive),
        (["role_service_access_by_role_id": [["id": 4, "service_id": nil]]], .ruleForEveryService),
    ]

    @Test(arguments: changes)
    func `nested rows that do more than is seen must be accepted`(
        _ change: JSONValue,
        _ hazard: Hazard
    ) async throws {
        let id = try #require(RecordID<RoleRecord>(1))
        await expect(hazard) { () async throws(PlatformError) in
            try await client.roles.update(id, change)
        }
    }

    @Test func `a rule for every service and a new key in place must be accepted`() async throws {
        let role: JSONValue = [
            "name": "r", "role_service_access_by_role_id": [["component": "*", "verb_mask": 31]],
        ]
        await expect(.ruleForEveryService) { () async throws(PlatformError) in
            _ = try await client.roles.create([role])
        }
        let id = try #require(RecordID<AppRecord>(4))
        await expect(.oldKeyStaysAlive) { () async throws(PlatformError) in
            _ = try await client.apps.setKey(key, of: id, accepting: [])
        }
    }

    @Test func `columns and tables are dropped only where that is accepted`() async {
        let schema = client.database("shop").schema
        await expect(.columnsDropped) { () async throws(PlatformError) in
            _ = try await schema.replace(
                "t",
                with: TableSchema(name: "t", field: [FieldSchema(name: "id", type: "id")]),
                accepting: []
            )
        }
        await expect(.dataDropped) { () async throws(PlatformError) in
            try await schema.drop("t", accepting: [])
        }
        await expect(.dataDropped) { () async throws(PlatformError) in
            try await schema.dropPart(.field, "f", of: "t", accepting: [.columnsDropped])
        }
    }

    @Test func `what the typed drafts write is what the platform must be told`() throws {
        let service = try #require(RecordID<ServiceRecord>(7))
        let draft = RoleDraft(
            name: "r",
            accessRules: [RoleRule(service: service, component: "_table/c/*", verbMask: 1)],
            apps: [AppDraft(name: "a", apiKey: key)]
        )
        let json = try Wire.encode(draft)
        let rule = json["role_service_access_by_role_id"]?[0]
        #expect(json["is_active"] == true)
        #expect(rule?["requestor_mask"] == 1 && rule?["service_id"] == 7)
        #expect(json["app_by_role_id"]?[0]?["api_key"] == .string(Recorded.key))
        #expect(json["app_by_role_id"]?[0]?["is_active"] == true)
        #expect(Role.hazards(inNew: json).isEmpty)
    }
}
