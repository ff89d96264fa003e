import Foundation
import HTTP
import Service
import Transport

/// The server: webhooks, claims, lookups, the staff socket and the workers.
struct ServeCommand: Command {
    let declaration = Declaration(
        words: ["serve"],
        summary: "Serves webhooks, lookups and staff commands until SIGTERM or SIGINT.",
        ownOptions: [
            .flag(
                "observe",
                "accept, decide and store everything, and write nothing to the platform"
            )
        ],
        notes: [
            "A variable that begins with TOLLGATE_ and is no setting is refused, by the nearest name.",
            "A second signal ends it at once; nothing acknowledged is lost by that.",
            """
            GET /readyz answers 200 ready, or 503 with the word starting, full (no room on the disk)
            or failed (the database); `tollgate status` says more.
            """,
        ]
    )

    func run(_ call: Call) async throws -> Exit {
        var configuration = try Configuration(call.settings())
        configuration.isObserving = call.arguments.has("observe")
        let signals = Signals()
        let inherited = try SocketActivation.listeners(environment: call.environment)
        let tollgate = try await start(configuration)
        let running: RunningTollgate
        do {
            running = try RunningTollgate(tollgate, inherited: inherited)
        } catch {
            tollgate.close()
            throw error
        }
        await signals.first()
        await running.stop()
        return .done
    }

    private func start(_ configuration: Configuration) async throws -> Tollgate {
        do {
            return try await Tollgate(
                configuration,
                Tollgate.Surroundings(
                    sender: URLSessionSender(),
                    log: .standardError(now: { Date() }),
                    onFatal: StaffDoor.endProcess
                )
            )
        } catch  where Ownership.isHeldByAnother(error) {
            throw CommandFailure.owned(configuration.databasePath)
        }
    }
}

extension CommandFailure {
    /// Another process has the database.
    static func owned(_ database: String) -> CommandFailure {
        CommandFailure(
            .failed,
            "Another process owns the database \(database): stop it first, or name another file "
                + "with TOLLGATE_DATABASE."
        )
    }
}
