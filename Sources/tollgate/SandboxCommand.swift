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
            .value("port", "N", "the port, 8081 unless told; 0 takes a free one"),
            .value("listen", "HOST", "the address to listen at, 127.0.0.1 unless told"),
            .value("database", "FILE", "keep its state in a file; in memory unless told"),
            .value("seed", "FILE", "what a new one holds in place of the shop, as JSON"),
            .value("fault", "SPEC", "what goes wrong, for example \(FaultSpec.example)"),
            .flag("bare", "begin without the service shop"),
        ],
        notes: [
            """
            A fault SPEC is a list with commas:
              latency=20ms-200ms     hold every answer back, evenly spread over a range
              error=5%:503           refuse before anything is done; 500 where no status is given
              error-after=2%         do it, and answer 500 all the same
              page=1%                do it, and answer a page in HTML with 200
              cut=2%                 do it, and close the connection without an answer
              late=1%:3s             close the connection at once, and do it three seconds later
              stale-cache=10%        leave what a change makes invalid in the cache, up to 5 hours
              no-limits              be an install without the package that has the limits
              nodes=3                answer from three nodes, each with its own cache and counters
              seed=7                 make the same choices in every run

            A seed has lists named databases, services, roles, apps, limits, users, admins; a rule
            may name its service, an app or a limit its role.
            """
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        let port = try call.arguments.integer("port", in: 0...65_535) ?? 8_081
        let host = call.arguments["listen"] ?? "127.0.0.1"
        let database = call.arguments["database"]
        let isBare = call.arguments.has("bare")
        let seed = try call.arguments["seed"].map { try contents(ofFile: $0) }
        let fault = call.arguments["fault"]
        let faults: FaultSpec?
        do {
            faults = try fault.map { try FaultSpec($0) }
        } catch {
            throw UsageError("\(error)", declaration)
        }
        let signals = Signals()
        let sandbox = try SandboxServer.start(
            host: host,
            port: port,
            database: database,
            bare: isBare,
            seed: seed,
            faults: faults
        )
        let password = isBare ? "Str0ng-Pass-1234!" : "sandbox-password"
        let url = sandbox.url.absoluteString
        let hasShop = !isBare && seed == nil
        if call.isJSON {
            call.console.print(
                json: [
                    "url": .string(url), "email": "admin@example.com",
                    "password": .string(password), "service": hasShop ? "shop" : nil,
                    "database": database.map(JSONValue.string) ?? nil,
                    "fault": fault.map(JSONValue.string) ?? nil,
                ]
            )
        } else {
            var rows = [
                ["address", "\(url), for DREAMFACTORY_URL"],
                ["administrator", "admin@example.com / \(password)"],
                ["service", service(hasShop: hasShop, isSeeded: seed != nil)],
                ["state", database.map { "in \($0)" } ?? "in memory, gone when it stops"],
            ]
            if let fault { rows.append(["faults", fault]) }
            if host != "127.0.0.1" {
                rows.append(["open to", "all who reach \(host); its password is published"])
            }
            call.console.print(
                "A platform for development and tests; never for real keys.\n"
                    + Table(rows: rows).text(indent: 2) + "SIGINT (Ctrl-C) or SIGTERM stops it."
            )
        }
        await signals.first()
        await sandbox.stop()
        return .done
    }

    private func service(hasShop: Bool, isSeeded: Bool) -> String {
        if hasShop { return "shop, with the tables customers and orders" }
        return isSeeded ? "what the seed has" : "none"
    }
}
