import Foundation
import HTTP
import JSON
import Service
import Transport

/// The way to staff operations: a running server's socket, or the database itself.
struct StaffDoor: Sendable {
    private enum Way: Sendable {
        case socket(HTTPClient)
        case inProcess(Tollgate, StaffOperations)
    }

    private let way: Way

    /// Longer than the longest wait for a proof.
    private static let operationTimeout: Duration = .seconds(660)
    private static let retryPause: Duration = .milliseconds(100)

    /// Opens the door: the socket if it answers, the database if nobody owns it.
    ///
    /// A database that is owned while no socket answers belongs to a server that starts or stops,
    /// or to another command: it is tried again until `patience` is over.
    static func open(_ settings: Settings, patience: Duration) async throws -> StaffDoor {
        let database = settings.databasePath
        let socket = settings.socketPath
        let deadline = ContinuousClock.now + patience
        while true {
            if await answers(socket, within: min(patience, .seconds(2))) {
                return StaffDoor(
                    way: .socket(HTTPClient(.unix(path: socket), timeout: operationTimeout))
                )
            }
            if let door = try await inProcess(settings, database, socket) { return door }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    .failed,
                    "Another process owns the database \(database) and nobody answers at "
                        + "\(socket): wait until that process ends or stop it, or set "
                        + "TOLLGATE_SOCKET to the socket of its server."
                )
            }
            try await Task.sleep(for: retryPause)
        }
    }

    /// Does an operation, wherever it is done.
    func perform(_ operation: String, _ arguments: JSONValue = [:]) async throws -> StaffReply {
        switch way {
        case .inProcess(_, let operations):
            return await operations.perform(
                StaffRequest(operation, arguments, actor: StaffActor.ownName())
            )
        case .socket(let client):
            do {
                return try Self.reply(
                    await client.request(
                        "POST",
                        "/admin/v1/\(operation)",
                        headers: ["Content-Type": "application/json"],
                        body: arguments.serialized()
                    )
                )
            } catch let error as HTTPClientError {
                throw CommandFailure(
                    .failed,
                    "The server at \(client.address) gave no answer and may have acted; look with "
                        + "tollgate status. \(error)"
                )
            }
        }
    }

    /// Closes the database, where it was opened.
    func close() {
        if case .inProcess(let tollgate, _) = way { tollgate.close() }
    }

    private static func answers(_ socket: String, within timeout: Duration) async -> Bool {
        guard FileManager.default.fileExists(atPath: socket) else { return false }
        let client = HTTPClient(.unix(path: socket), timeout: max(timeout, .milliseconds(100)))
        do {
            return try await client.request("GET", "/healthz").status == 200
        } catch {
            return false
        }
    }

    /// Opens the database; nil while another process owns it.
    private static func inProcess(
        _ settings: Settings,
        _ database: String,
        _ socket: String
    ) async throws -> StaffDoor? {
        let configuration: Configuration
        do {
            configuration = try Configuration(settings)
        } catch {
            if Ownership.isHeldByAnother(databasePath: database) { return nil }
            throw CommandFailure(
                .failed,
                "No server answers at \(socket), and without one: \(error)"
            )
        }
        do {
            let tollgate = try await Tollgate(
                configuration,
                Tollgate.Surroundings(
                    sender: URLSessionSender(),
                    log: .silent,
                    onFatal: Self.endProcess
                )
            )
            return StaffDoor(way: .inProcess(tollgate, tollgate.operations))
        } catch  where Ownership.isHeldByAnother(error) {
            return nil
        }
    }

    private static func reply(_ response: HTTPResponse) throws -> StaffReply {
        let body = try? JSONValue(parsing: response.body)
        if response.status == 200, let reply = body.flatMap(StaffReply.init(wire:)) {
            return reply
        }
        let detail = (body?["detail"] ?? body?["title"])?.string ?? "no reply of an operation"
        throw CommandFailure(.failed, "The server answered \(response.status): \(detail)")
    }

    /// After a failed disk nothing in memory may reach it again.
    static let endProcess: @Sendable (String) -> Void = { sentence in
        Console.standard.complain("tollgate: \(sentence)")
        _exit(Exit.failed.rawValue)
    }
}

extension Settings {
    /// The database file, which stands in the working folder unless told otherwise.
    var databasePath: String { self["TOLLGATE_DATABASE"] ?? "tollgate.db" }

    /// Where a running server takes staff commands.
    var socketPath: String {
        self["TOLLGATE_SOCKET"] ?? Configuration.socketPath(of: databasePath)
    }
}
