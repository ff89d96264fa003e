import Dispatch
package import Foundation
import HTTP

/// A sandbox platform behind HTTP, on loopback unless told otherwise.
package final class SandboxServer: Sendable {
    /// The platform behind the server, for calls in process, faults and the clock.
    package let platform: SandboxPlatform
    /// Where it listens, without a path; `http://127.0.0.1:<port>`.
    package let url: URL
    private let server: HTTPServer

    private init(platform: SandboxPlatform, url: URL, server: HTTPServer) {
        self.platform = platform
        self.url = url
        self.server = server
    }

    /// Starts a sandbox; it serves when this returns.
    ///
    /// - Parameters:
    ///   - host: The address to listen at.
    ///   - port: The port; 0 takes a free one.
    ///   - database: The file that holds the state; nil keeps it in memory.
    ///   - bare: Whether a new sandbox is without a service `shop`; see ``SandboxPlatform``.
    ///   - seed: What a new sandbox holds in place of the shop; see ``SandboxPlatform``.
    ///   - faults: What goes wrong from the start.
    ///   - clock: The time it goes by.
    /// - Returns: The running server.
    /// - Throws: A sentence about why the database or the port cannot be used.
    package static func start(
        host: String = "127.0.0.1",
        port: Int = 0,
        database: String? = nil,
        bare: Bool = false,
        seed: [UInt8]? = nil,
        faults: FaultSpec? = nil,
        clock: SandboxClock = SandboxClock()
    ) throws -> SandboxServer {
        let platform = try SandboxPlatform(
            database: database,
            bare: bare,
            seed: seed,
            clock: clock
        )
        platform.rehearse(faults)
        var configuration = HTTPServer.Configuration(
            listeners: [.tcp(host: host, port: port)]
        )
        // Nothing is lost on the way on loopback, so a stop need not wait for idle clients.
        configuration.limits.linger = .milliseconds(50)
        let server = HTTPServer(configuration: configuration, router: router(platform))
        guard case .tcp(_, let bound)? = try server.start().first,
            let url = URL(string: "http://\(host.contains(":") ? "[\(host)]" : host):\(bound)")
        else { throw SandboxError("The sandbox has no port; start it on another one.") }
        return SandboxServer(platform: platform, url: url, server: server)
    }

    /// Stops after the calls in flight.
    package func stop() async {
        await server.stop(within: .seconds(2))
    }

    private static func router(_ platform: SandboxPlatform) -> Router {
        // One queue for all, since the platform answers one call after the other: neither the event
        // loops nor the cooperative pool wait for the database.
        let queue = DispatchQueue(label: "sandbox")
        let handler = HTTPHandler.completion { request, answer in
            queue.async {
                switch platform.outcome(of: request) {
                case .answered(let response, .zero): answer(response)
                case .answered(let response, let delay):
                    queue.asyncAfter(deadline: .now() + delay / .seconds(1)) { answer(response) }
                case .cut:
                    answer(.dropped)
                    guard let wait = platform.timeToNextLate else { return }
                    // A little over, so that the platform's clock has got there as well.
                    queue.asyncAfter(deadline: .now() + wait / .seconds(1) + 0.01) {
                        platform.performDue()
                    }
                }
            }
        }
        var router = Router()
        // TRACE and MERGE are refused by the platform itself, in its own words.
        let methods = [
            "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "MERGE",
        ]
        for method in methods { router.on(method, "/{path...}", handler) }
        return router
    }
}
