import Foundation
import JSON
import Sandbox
import Service

/// A platform to try things on.
struct SandboxCommand: Command {
    let declaration = Declaration(
        words: ["sandbox"],
        summary: "Runs a DreamFactory-compatible platform on loopback, to try things on.",
        ownOptions: [
            .value("port", "N", "the port on 127.0.0.1, 8081 unless told; 0 takes a free one"),
            .value("database", "FILE", "keep its state in a file; in memory unless told"),
            .flag("bare", "begin without the service shop"),
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        let port = try call.arguments.integer("port", in: 0...65_535) ?? 8_081
        let database = call.arguments["database"]
        let isBare = call.arguments.has("bare")
        let signals = Signals()
        let sandbox = try SandboxServer.start(port: port, database: database, bare: isBare)
        let password = isBare ? "Str0ng-Pass-1234!" : "sandbox-password"
        let url = sandbox.url.absoluteString
        if call.isJSON {
            call.console.print(
                json: [
                    "url": .string(url), "email": "admin@example.com",
                    "password": .string(password), "service": isBare ? nil : "shop",
                    "database": database.map(JSONValue.string) ?? nil,
                ]
            )
        } else {
            let rows = [
                ["address", "\(url), for DREAMFACTORY_URL"],
                ["administrator", "admin@example.com / \(password)"],
                ["service", isBare ? "none" : "shop, with the tables customers and orders"],
                ["state", database.map { "in \($0)" } ?? "in memory, gone when it stops"],
            ]
            call.console.print(
                "A platform for development and tests; never for real keys.\n"
                    + Table(rows: rows).text(indent: 2) + "SIGINT (Ctrl-C) or SIGTERM stops it."
            )
        }
        await signals.first()
        await sandbox.stop()
        return .done
    }
}
