import JSON
import Testing
import Transport

@testable import DreamFactory

@Suite struct PlatformClientTests {
    let name: RecordName
    let appName: RecordName
    let roleID: RecordID<RoleRecord>
    let appID: RecordID<AppRecord>
    let limitID: RecordID<LimitRecord>
    let serviceID: RecordID<ServiceRecord>
    let key: AppKey

    init() throws {
        name = try #require(RecordName("sub-1001"))
        appName = try #require(RecordName("sub-1001-key-1"))
        roleID = try #require(RecordID(1))
        appID = try #require(RecordID(4))
        limitID = try #require(RecordID(1))
        serviceID = try #require(RecordID(7))
        key = try #require(AppKey(Recorded.key))
    }

    var rule: Rule { Rule(serviceID: serviceID, component: "_table/customers/*", verbMask: 1) }
    var app: NewApp { NewApp(name: appName, description: "key 1", apiKey: key) }
    var limit: NewLimit { NewLimit(name: name, roleID: roleID, rate: 3, period: .minute) }

    private func client(_ answers: ScriptedSender.Line...) -> (PlatformClient, ScriptedSender) {
        let sender = ScriptedSender([.loggedIn] + answers)
        return (PlatformClient.make(sender), sender)
    }

    @Test func `one call makes role, rules and app with our key`() async throws {
        let (client, sender) = client(.answer(201, Recorded.roles))
        let role = NewRole(name: name, description: "plan basic", rules: [rule], app: app)
        let made = try await client.createRole(role)
        #expect(made.id == roleID)
        #expect(made.rules.count == 2)
        #expect(made.rules[1].rule == rule)
        #expect(made.apps.first?.apiKey == key)
        #expect(
            sender.lines.last == "POST /api/v2/system/role?fields=*"
                + "&related=role_service_access_by_role_id,app_by_role_id"
        )
        #expect(
            sender.sent.last?.body?.text() == #"{"resource":[{"app_by_role_id":[{"api_key":"#
                + #""\#(Recorded.key)","description":"key 1","is_active":true,"#
                + #""name":"sub-1001-key-1","type":0}],"description":"plan basic","#
                + #""is_active":true,"name":"sub-1001","role_service_access_by_role_id":"#
                + #"[{"component":"_table/customers/*","filter_op":"AND","filters":[],"#
                + #""requestor_mask":1,"service_id":7,"verb_mask":1}]}]}"#
        )
    }

    @Test func `a name is compared exactly though the platform folds its case`() async throws {
        let folded = Recorded.roles.replacing("\"sub-1001\"", with: "\"SUB-1001\"")
        let (client, sender) = client(.answer(200, folded), .answer(200, Recorded.roles))
        #expect(try await client.role(named: name) == nil)
        #expect(try await client.role(named: name)?.apps.first?.id == appID)
        #expect(
            sender.lines.last == "GET /api/v2/system/role?filter=name%3D%27sub-1001%27"
                + "&related=role_service_access_by_role_id,app_by_role_id"
        )
    }

    @Test func `rules are changed and removed by id only`() async throws {
        let (client, sender) = client(.answer(200, Recorded.role))
        let ruleID = try #require(RecordID<RuleRecord>(2))
        _ = try await client.changeRole(
            roleID,
            isActive: true,
            rules: [.add(rule), .set(ruleID, rule), .remove(ruleID)]
        )
        let body = try #require(sender.sent.last?.body)
        #expect(body["resource"] == nil)
        #expect(body["is_active"] == true)
        let rows = try #require(body["role_service_access_by_role_id"]?.array)
        #expect(rows[0]["id"] == nil && rows[0]["requestor_mask"] == 1)
        #expect(rows[1]["id"] == 2 && rows[1]["verb_mask"] == 1)
        #expect(rows[2] == ["id": 2, "role_id": nil])
        #expect(sender.lines.last?.hasPrefix("PATCH /api/v2/system/role/1?") == true)
    }

    @Test func `an app sleeps by a bare object`() async throws {
        let (client, sender) = client(
            .answer(200, #"{"id":4,"is_active":false,"launch_url":""}"#),
            .answer(200, #"{"id":4,"is_active":true,"launch_url":""}"#)
        )
        try await client.setApp(appID, isActive: false)
        #expect(sender.lines.last == "PATCH /api/v2/system/app/4?fields=id,is_active")
        #expect(sender.sent.last?.body == ["is_active": false])
        await #expect(throws: PlatformError(.changeApp, .differs)) {
            try await client.setApp(appID, isActive: false)
        }
    }

    @Test func `a limit is created by a 200 and its echo is compared`() async throws {
        let echo = #"{"resource":[\#(Recorded.limit)]}"#
        let (client, sender) = client(
            .answer(200, echo),
            .answer(200, echo.replacing(#""rate":3"#, with: #""rate":4"#)),
            .answer(200, echo.replacing(#""is_active":true"#, with: #""is_active":false"#)),
            .answer(200, echo.replacing(#""role_id":1"#, with: #""role_id":2"#))
        )
        #expect(try await client.createLimit(limit).id == limitID)
        #expect(sender.lines.last == "POST /api/v2/system/limit?fields=*")
        for _ in 0..<3 {
            await #expect(throws: PlatformError(.createLimit, .differs)) {
                try await client.createLimit(limit)
            }
        }
    }

    @Test func `a period is read as a word and as a number`() async throws {
        let (client, sender) = client(
            .answer(200, #"{"resource":[\#(Recorded.limit),\#(Recorded.limitByNumber)]}"#)
        )
        let limits = try await client.limits(ofRole: roleID)
        #expect(limits.map(\.period) == [.minute, .minute])
        #expect(limits.map(\.id.rawValue) == [1, 4])
        #expect(sender.lines.last == "GET /api/v2/system/limit?filter=role_id%3D1")
    }

    @Test func `capabilities say whether limits are installed`() async throws {
        let without = Recorded.resources.replacing(#",{"name":"limit"}"#, with: "")
        let (client, sender) = client(.answer(200, Recorded.resources), .answer(200, without))
        #expect(try await client.capabilities().hasLimits)
        #expect(try await !client.capabilities().hasLimits)
        #expect(sender.lines.last == "GET /api/v2/system")
    }

    @Test func `a service is found by name`() async throws {
        let (client, _) = client(
            .answer(
                200,
                #"{"resource":[{"id":7,"name":"shop","type":"sqlite","is_active":true}]}"#
            )
        )
        let service = try await client.service(named: #require(RecordName("shop")))
        #expect(service?.id == serviceID)
    }

    @Test func `a counter is read and cleared by the limit's id`() async throws {
        let (client, sender) = client(
            .answer(
                200,
                #"{"id":1,"key":"instance.role:1.minute","max":3,"attempts":1,"remaining":2}"#
            ),
            .answer(200, #"{"id":1}"#)
        )
        #expect(try await client.counter(of: limitID).attempts == 1)
        try await client.clearCounter(of: limitID)
        #expect(
            sender.lines.suffix(2) == [
                "GET /api/v2/system/limit_cache/1", "DELETE /api/v2/system/limit_cache/1",
            ]
        )
    }

    @Test func `a delete counts only with the id in its answer`() async throws {
        let (client, sender) = client(
            .answer(200, #"{"id":4}"#),
            .answer(200, #"{"id":5}"#),
            .answer(200, "{}"),
            .answer(200, Recorded.html)
        )
        try await client.deleteApp(appID)
        #expect(sender.lines.last == "DELETE /api/v2/system/app/4")
        for _ in 0..<3 {
            let error = await #expect(throws: PlatformError.self) {
                try await client.deleteApp(appID)
            }
            #expect(error?.outcomeIsUnknown == true)
        }
    }

    @Test func `a row that cannot be read is not taken for absent`() async throws {
        let (client, _) = client(.answer(200, #"{"resource":[{"name":"sub-1001"}]}"#))
        await #expect(throws: PlatformError(.findRole, .unreadable(status: 200))) {
            try await client.role(named: name)
        }
    }
}
