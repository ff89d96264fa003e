import Foundation
import Testing

@testable import Sandbox

/// The page of resources and operations, held against the client, the sandbox and the platform's
/// own list.
@Suite struct OperationsPageTests {
    private let page: String
    private let sources: String

    init() throws {
        let folder = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/DreamFactory")
        let file = folder.appendingPathComponent("DreamFactory.docc/Operations.md")
        page = try String(contentsOf: file, encoding: .utf8)
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        sources = try (files?.allObjects ?? []).compactMap { $0 as? URL }
            .filter { $0.pathExtension == "swift" }
            .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
    }

    /// What stands in the first column.
    private var resources: Set<String> {
        let cells = page.split(separator: "\n").filter { $0.hasPrefix("|") }
            .compactMap { $0.split(separator: "|").first }
        return Set(cells.flatMap { $0.matches(of: /`([^`]+)`/).map { String($0.output.1) } })
    }

    @Test(arguments: [
        "{db}/_table", "{db}/_table/{t}", "{db}/_table/{t}/{id}", "{db}/_schema",
        "{db}/_schema/{t}", "…/_field", "…/_related", "{db}/_proc", "{db}/_proc/{p}", "{db}/_func",
        "{db}/_func/{f}", "{service}/_spec", "system", "system/service", "system/service_type",
        "system/role", "system/app", "system/limit", "system/limit_cache", "system/user",
        "system/admin", "system/admin/session", "system/admin/password", "system/admin/profile",
        "user/session", "user/register", "user/password", "user/profile", "user/custom",
        "system/environment", "system/event", "system/event_script", "system/script_type",
        "system/cache", "system/cors", "system/lookup", "system/email_template", "system/custom",
        "system/constant", "system/package", "system/config_package", "system/import", "/status",
        "/up",
    ])
    func `every resource of the platform has a row`(_ resource: String) {
        #expect(resources.contains(resource))
    }

    @Test(arguments: Set(Sandbox.Operation.all.map(\.path)).sorted())
    func `every operation that the sandbox answers is of a resource there`(_ path: String) {
        var parts = path.split(separator: "/").map(String.init)
        while parts.last?.hasPrefix("{") == true { parts.removeLast() }
        guard let last = parts.last else { return }
        let name =
            switch last {
            case "_field", "_related": "…/\(last)"
            case "_spec": "{service}/_spec"
            default: parts.joined(separator: "/").replacing("{database}", with: "{db}")
            }
        #expect(resources.contains(name))
    }

    @Test func `every call that it names is one of the client`() {
        let names = page.matches(of: /``\w+\/(\w+)/).map(\.output.1)
        #expect(names.count > 40)
        for name in Set(names) {
            let isThere = ["func \(name)(", "func \(name)<", "var \(name):", "let \(name):"]
                .contains(where: sources.contains)
            #expect(isThere, "\(name)")
        }
    }
}
