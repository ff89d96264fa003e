import Foundation
import HTTP
import JSON
import Sandbox
import Synchronization
import Testing

struct PlatformTests {
    @Test func `a new sandbox is ready to sell a shop`() throws {
        let platform = try SandboxPlatform.still()
        let admin = try Visitor.admin(of: platform)
        let service = try admin.call("GET", "system/service?filter=name='shop'&fields=id,is_active")
        #expect(service.body["resource"] == [["id": 7, "is_active": true]])
        let tables = try admin.call("GET", "shop/_table?as_list=true")
        #expect(tables.body["resource"] == ["customers", "orders"])
        #expect(try admin.call("GET", "shop/_table/orders/1").status == 200)
    }

    @Test func `a sandbox that was killed has all it acknowledged`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "sandbox.db").path
        var headers: HTTPHeaders = [:]
        do {
            let platform = try SandboxPlatform.still(database: file)
            let admin = try Visitor.admin(of: platform)
            headers = admin.headers
            try admin.provision("s", key: .key("a"), rate: 2)
            #expect(
                try Visitor.key(.key("a"), of: platform).call("GET", "shop/_table/customers").status
                    == 200
            )
        }
        let platform = try SandboxPlatform.still(database: file)
        let subscriber = Visitor.key(.key("a"), of: platform)
        #expect(try subscriber.call("GET", "shop/_table/customers").status == 200)
        #expect(try subscriber.call("GET", "shop/_table/customers").status == 429)
        let admin = Visitor(platform: platform, headers: headers)
        #expect(try admin.call("GET", "system/role?count_only=true").body == 1)
    }

    @Test func `two sandboxes do not share a file`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).db").path
        defer {
            for suffix in ["", "-wal", "-shm", ".lock"] {
                try? FileManager.default.removeItem(atPath: file + suffix)
            }
        }
        let first = try SandboxPlatform.still(database: file)
        #expect(throws: SandboxError.self) { try SandboxPlatform.still(database: file) }
        #expect(try Visitor.admin(of: first).call("GET", "system").status == 200)
    }

    struct FaultCase: Sendable {
        let fault: Fault
        let status: Int
        let isDone: Bool
    }

    @Test(arguments: [
        FaultCase(fault: .failBefore(status: 503), status: 503, isDone: false),
        FaultCase(fault: .failAfter(status: 500), status: 500, isDone: true),
        FaultCase(fault: .cut, status: 502, isDone: true),
        FaultCase(fault: .delay(.seconds(60)), status: 201, isDone: true),
    ])
    func `a fault hits the operation it is for`(_ example: FaultCase) throws {
        let platform = try SandboxPlatform.still()
        let admin = try Visitor.admin(of: platform)
        let fault = example.fault
        platform.inject { operation in
            operation.method == "POST" && operation.path == "system/role" ? fault : nil
        }
        let role: JSONValue = ["resource": [["name": "r"]]]
        #expect(try admin.call("POST", "system/role", role).status == example.status)
        let count = try admin.call("GET", "system/role?count_only=true").body
        #expect(count == (example.isDone ? 1 : 0))
        platform.inject(nil)
        #expect(try admin.call("GET", "system/role/1").status == (example.isDone ? 200 : 404))
    }

    @Test func `operations are told by their place in the table`() throws {
        let platform = try SandboxPlatform.still()
        let admin = try Visitor.admin(of: platform)
        let seen = Mutex<[String]>([])
        platform.inject { operation in
            seen.withLock { $0.append("\(operation.method) \(operation.path)") }
            return nil
        }
        try admin.call("PATCH", "system/role/12", [:])
        try admin.call("GET", "shop/_table/customers/1")
        try admin.call("GET", "system/nosuch")
        #expect(
            seen.withLock { $0 } == [
                "PATCH system/role/{id}", "GET {database}/_table/{table}/{id}",
                "GET /api/v2/system/nosuch",
            ]
        )
    }

    @Test func `no request makes the sandbox fail`() throws {
        var generator = Dice(state: 7)
        let paths = [
            "", "system", "system/role", "system/role/1", "system/app/4", "system/limit",
            "system/limit/1", "system/limit_cache", "system/service", "system/user",
            "system/cache/x", "system/environment", "shop", "shop/_table",
            "shop/_table/customers", "shop/_table/customers/1", "shop/_table/%22;drop", "user",
            "user/session", "nosuch/x", "user/register", "user/profile", "user/password?reset=1",
            "system/service_type/x", "system/_spec", "shop/_schema", "shop/_schema/customers",
            "shop/_schema/x/_field/y", "shop/_schema/customers/_related", "shop/_proc/x(1,2)",
            "shop/_func", "system/admin/1",
        ]
        let options = [
            "filter=name%20like%20%27%25", "filter=((((", "filter=)%20and%20(", "filter=not%20(",
            "filter=id%3D", "filter=id%20in%20()", "ids=,,", "ids=1,-1,99999999999999999999",
            "limit=-9223372036854775808", "offset=9223372036854775807", "order=,%20,",
            "fields=,%22,*", "related=,", "related=app_by_role_id", "rollback=true",
            "continue=true", "include_count=1", "group=region", "group=%22", "id_field=name",
            "related=*", "include_schema=1", "as_access_list=1", "method=DELETE", "as_list=true",
        ]
        let bodies: [JSONValue] = [
            [], [:], .null, 3, "x", ["resource": 1], ["resource": [1, .null, [], "x"]],
            [
                "resource": [
                    ["id": [:], "name": [1], "rate": .number(1.5), "period": .integer(.max)]
                ]
            ],
            ["resource": [["type": "instance.role", "period": -1, "rate": "9", "role_id": "x"]]],
            ["role_service_access_by_role_id": [["id": "1"], .null, ["id": 1, "role_id": 2]]],
            ["resource": [["name": "t\"", "field": [["name": "", "type": "\"), ("], .null, 1]]]],
            [
                "resource": [
                    ["name": "t", "field": [["name": "x\"", "default": [], "length": -1]]]
                ]
            ],
            ["params": [["name": 1], .null], "old_password": 1, "email": "@", "filter": "(("],
            ["name": "\u{0}'\";--", "is_active": "no", "api_key": 5, "region": .number(1.5)],
        ]
        var visitors: [Visitor] = []
        for round in 0..<1_000 {
            // Sooner or later a call ends the session or deletes the admin.
            if round % 50 == 0 {
                let platform = try SandboxPlatform.still()
                let admin = try Visitor.admin(of: platform)
                try admin.provision("s", key: .key("a"), rate: 5)
                visitors = [admin, admin, .key(.key("a"), of: platform)]
            }
            let method = generator.pick(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE"])
            let path =
                generator.pick(paths) + "?" + generator.pick(options) + "&"
                + generator.pick(options)
            let reply = try generator.pick(visitors).call(method, path, generator.pick(bodies))
            #expect((200...599).contains(reply.status), "\(method) \(path)")
        }
    }

    @Test func `no filter reaches rows that the rule's filter hides`() throws {
        let platform = try SandboxPlatform.still()
        let filters: JSONValue = [["name": "region", "operator": "=", "value": "EU"]]
        let rule = JSONValue.rule("_table/customers/*", verbs: 31, filters: filters)
        try Visitor.admin(of: platform).provision("s", key: .key("a"), rules: [rule])
        let subscriber = Visitor.key(.key("a"), of: platform)
        let tokens = [
            "(", ")", "(", ")", "not ", " and ", " or ", ") or (", ") and (", "id=1", "id>0",
            "region='US'", "name like '%'", " is null", "''", "'", "\"", "--", ";", "/*", "1=1",
            "id in (1,2)", "||", "region<>'EU'", " ",
        ]
        var generator = Dice(state: 11)
        for _ in 0..<600 {
            let filter = (0..<(1 + generator.next() % 9)).map { _ in generator.pick(tokens) }
                .joined()
            let encoded = filter.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let reply = try subscriber.call("GET", "shop/_table/customers?filter=" + encoded)
            #expect([200, 400, 500].contains(reply.status), "\(filter)")
            let rows = reply.body["resource"]?.array ?? []
            #expect(rows.allSatisfy { $0["region"] == "EU" }, "\(filter)")
        }
    }

    @Test func `a filter of many brackets is refused`() throws {
        let admin = try Visitor.admin(of: SandboxPlatform.still())
        let filter = String(repeating: "(id%3D1)and", count: 400) + "(id%3D1)"
        #expect(try admin.call("GET", "system/role?filter=" + filter).status == 400)
    }
}

/// A small generator whose numbers are the same in every run (SplitMix64).
struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func pick<T>(_ choices: [T]) -> T { choices[Int(next() % UInt64(choices.count))] }
}
