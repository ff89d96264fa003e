import DreamFactory
import Foundation
import HTTP
import JSON
import Sandbox
import Testing
import Transport

@testable import Service

/// What the doctor sees of a platform, and that it leaves nothing there.
struct DoctorTests {
    private let platform: SandboxPlatform
    private let wire: Wire

    init() throws {
        platform = try SandboxPlatform()
        wire = Wire(platform)
    }

    private func link(_ settings: [String: String] = [:]) throws -> PlatformLink {
        var all = ["DREAMFACTORY_URL": "http://127.0.0.1:8081"].merging(settings) { $1 }
        if all["DREAMFACTORY_API_KEY"] == nil {
            all["DREAMFACTORY_EMAIL"] = SandboxPlatform.adminEmail
            all["DREAMFACTORY_PASSWORD"] =
                settings["DREAMFACTORY_PASSWORD"] ?? SandboxPlatform.adminPassword
        }
        return try PlatformLink(Settings(environment: all), sender: wire, now: { Date() })
    }

    private func examine(_ settings: [String: String] = [:]) async throws -> Diagnosis {
        let doctor = Doctor(try link(settings), elapsed: { .zero }) { count in
            (0..<count).map { _ in UInt8.random(in: .min ... .max) }
        }
        return await doctor.examine()
    }

    private func levels(_ diagnosis: Diagnosis, _ check: String) -> [Finding.Level] {
        diagnosis.findings.filter { $0.check == check }.map(\.level)
    }

    private func left() async throws -> [String] {
        let client = try link().client()
        let query = RecordQuery(fields: ["id", "name"])
        let roles = try await client.roles.list(query, as: DreamFactory.Role.self).rows
        let apps = try await client.apps.list(query, as: App.self).rows
        let limits = try await client.limits.list(query, as: Limit.self).rows
        return (roles.compactMap(\.name) + apps.compactMap(\.name) + limits.compactMap(\.name))
            .filter { $0.hasPrefix("tollgate-test-doctor-") }
    }

    @Test func `a platform as it should be has nothing grave, and nothing is left there`()
        async throws
    {
        let diagnosis = try await examine()
        #expect(!diagnosis.isGrave, "\(diagnosis.findings.filter { $0.level == .grave })")
        for check in ["reachable", "login", "limits", "rights", "version", "wrapper", "cache"] {
            #expect(levels(diagnosis, check) == [.good], "\(check)")
        }
        #expect(levels(diagnosis, "counters") == [.good])
        #expect(levels(diagnosis, "built-in apps") == [.note, .note, .note])
        #expect(levels(diagnosis, "status") == [.warning])
        #expect(levels(diagnosis, "environment") == [.warning, .note])
        #expect(diagnosis.role == nil)
        #expect(try await left().isEmpty)
    }

    @Test func `every finding that is not good says what to do, or is only to be known`()
        async throws
    {
        for finding in try await examine().findings where finding.level != .good {
            #expect(finding.level == .note || finding.advice?.hasSuffix(".") == true)
        }
    }

    @Test func `a platform that nobody reaches is grave`() async throws {
        wire.fail(.connectionRefused)
        let diagnosis = try await examine()
        #expect(diagnosis.isGrave && diagnosis.findings.map(\.check) == ["reachable"])
    }

    @Test func `a wrong password is grave`() async throws {
        let diagnosis = try await examine(["DREAMFACTORY_PASSWORD": "wrong-password-0"])
        #expect(levels(diagnosis, "login") == [.grave])
        #expect(levels(diagnosis, "trial") == [] && levels(diagnosis, "version") == [])
    }

    @Test func `a platform without limits is grave`() async throws {
        wire.script(Wire.limitsMissing)
        #expect(levels(try await examine(), "limits") == [.grave])
    }

    @Test func `machines that do not share their cache are found`() async throws {
        let sequence = Lines()
        platform.inject { operation in
            sequence.add(operation.path)
            return nil
        }
        // Every other machine goes on with what it knew of the key.
        wire.script { request, platform in
            guard request.headers["X-DreamFactory-API-Key"] != nil,
                request.target.hasPrefix("/api/v2/system/role")
            else { return nil }
            sequence.add("probe")
            guard sequence.all.count(where: { $0 == "probe" }).isMultiple(of: 2) else { return nil }
            let text =
                #"{"error":{"code":401,"context":null,"message":"Unauthorized. User is not "#
                + #"authenticated.","status_code":401}}"#
            return .json(Array(text.utf8), status: 401)
        }
        #expect(levels(try await examine(), "cache").contains(.grave))
        #expect(try await left().isEmpty)
    }

    @Test func `counters that lose calls are found`() async throws {
        wire.script { request, platform in
            guard request.path.contains("/limit_cache/") else { return nil }
            var response = platform.answer(request)
            let text = response.text.replacing(#""attempts":8"#, with: #""attempts":5"#)
            response.body = Array(text.utf8)
            return response
        }
        #expect(levels(try await examine(), "counters") == [.grave])
    }

    @Test(arguments: [(0.0, Finding.Level.good), (60, .warning), (-4_000, .grave)])
    func `clocks that differ are found`(_ skew: Double, _ level: Finding.Level) async throws {
        wire.script { request, platform in
            var response = platform.answer(request)
            let formatter = DateFormatter()
            formatter.locale = Locale(identifier: "en_US_POSIX")
            formatter.timeZone = TimeZone(identifier: "GMT")
            formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            response.headers["Date"] = formatter.string(from: Date().addingTimeInterval(skew))
            return response
        }
        #expect(levels(try await examine(), "clock") == [level])
    }

    @Test func `a key with the role that is printed may do all that Tollgate does`() async throws {
        let admin = try link().client()
        let services = try await admin.services.list(as: PlatformService.self).rows
        let system = try #require(services.first { $0.name == "system" })
        let shop = try #require(services.first { $0.name == "shop" })
        let printed = NeededRole.json(systemService: system.id.rawValue, sold: [shop.id.rawValue])
        let draft = try #require(printed["resource"]?[0])
        let made: [DreamFactory.Role] = try await admin.roles.create([draft])
        let text = String(repeating: "5a5b", count: 16)
        let key = try #require(AppKey(text))
        let app = AppDraft(name: "operator", apiKey: key, roleID: made[0].id)
        _ = try await admin.apps.create([app], as: App.self)

        let diagnosis = try await examine(["DREAMFACTORY_API_KEY": text])
        #expect(!diagnosis.isGrave, "\(diagnosis.findings.filter { $0.level == .grave })")
        #expect(levels(diagnosis, "key") == [.good])
        #expect(levels(diagnosis, "services") == [.note])
        #expect(diagnosis.role == nil)
        #expect(try await left().isEmpty)
        let client = try link(["DREAMFACTORY_API_KEY": text]).client()
        let name = try #require(RecordName("shop"))
        #expect(try await client.service(named: name)?.id == shop.id)
    }

    @Test func `a key that is shown nothing to sell is grave`() async throws {
        let text = String(repeating: "7a7b", count: 16)
        let made: [DreamFactory.Role] = try await link().client().roles.create(
            [try #require(NeededRole.json(systemService: 1, sold: [])["resource"]?[0])]
        )
        let app = AppDraft(name: "operator", apiKey: try #require(AppKey(text)), roleID: made[0].id)
        _ = try await link().client().apps.create([app], as: App.self)
        let diagnosis = try await examine(["DREAMFACTORY_API_KEY": text])
        #expect(levels(diagnosis, "rights") == [.good])
        #expect(levels(diagnosis, "services") == [.grave])
    }

    @Test func `the role that is printed has a rule for each service of the platform`()
        async throws
    {
        let doctor = Doctor(try link(), elapsed: { .zero }) { [UInt8](repeating: 1, count: $0) }
        let role = try await doctor.neededRole().at("resource")?[0]
        let rules = role?["role_service_access_by_role_id"]?.array ?? []
        let services = try await link().client().services.list(as: PlatformService.self).rows
        #expect(
            Set(rules.compactMap { $0["service_id"]?.integer })
                == Set(services.map(\.id.rawValue))
        )
        // One that none sells lets the key see a service, and do nothing there.
        for rule in rules where rule["service_id"] != 1 {
            #expect(rule["component"] == "tollgate-may-see-this-service")
        }
    }

    @Test func `a key without rights is grave`() async throws {
        let text = String(repeating: "6a6b", count: 16)
        let diagnosis = try await examine(["DREAMFACTORY_API_KEY": text])
        #expect(levels(diagnosis, "key") == [.grave] && diagnosis.role != nil)
    }
}
