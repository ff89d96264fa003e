package import Digest
package import HTTP
import Foundation
import JSON
import Synchronization

/// A DreamFactory platform for development and tests: its System API and the tables of one service,
/// true to recordings of the real one, on one SQLite database.
///
/// It may be called from any thread; calls are answered one after the other, each in a transaction
/// that is committed before its answer is given.
package final class SandboxPlatform: Sendable {
    /// What a call came to.
    package enum Outcome: Sendable {
        /// The answer, and for how long a fault holds it back.
        case answered(HTTPResponse, after: Duration = .zero)
        /// Done, but the caller shall not hear of it.
        case cut
    }

    /// Who a new sandbox that is not bare has as its admin.
    package static let adminEmail = "admin@example.com"
    /// The password of that admin; no secret, since a sandbox guards nothing.
    package static let adminPassword = "sandbox-password"
    /// The service of a new sandbox that is not bare, with the tables `customers` and `orders`.
    package static let serviceName = "shop"

    /// The time the platform goes by.
    package let clock: SandboxClock
    private let store: Mutex<Store>
    private let random: SecureRandom
    private let hasLimits: Bool
    private let fault = Mutex<(@Sendable (SandboxOperation) -> Fault?)?>(nil)

    /// Opens or makes a sandbox.
    ///
    /// - Parameters:
    ///   - database: The file that holds the state; nil keeps it in memory.
    ///   - bare: Whether a new sandbox is as the recordings found their server, without a service
    ///     `shop`; otherwise it is ready to use.
    ///   - seed: A JSON text of what a new sandbox holds in place of the shop; see ``Seed``.
    ///   - hasLimits: Whether the package with the limits is installed.
    ///   - clock: The time it goes by.
    ///   - random: Where its secrets come from.
    /// - Throws: A sentence about why the database cannot be used.
    package init(
        database: String? = nil,
        bare: Bool = false,
        seed: [UInt8]? = nil,
        hasLimits: Bool = true,
        clock: SandboxClock = SandboxClock(),
        random: SecureRandom = SecureRandom()
    ) throws {
        let seedValue: JSONValue?
        do {
            seedValue = try seed.map { try JSONValue(parsing: $0) }
        } catch {
            throw SandboxError("The seed is not JSON: \(error)")
        }
        self.hasLimits = hasLimits
        self.clock = clock
        self.random = random
        let store = try Store(path: database)
        try Setup(store: store, now: clock.now, random: random).prepare(bare: bare, seed: seedValue)
        self.store = Mutex(store)
    }

    /// Makes calls fail as the closure says from now on; nil ends it.
    package func inject(_ fault: (@Sendable (SandboxOperation) -> Fault?)?) {
        self.fault.withLock { $0 = fault }
    }

    /// Answers one request; the answer that a fault cuts off is a 502 here.
    package func answer(_ request: HTTPRequest) -> HTTPResponse {
        switch outcome(of: request) {
        case .answered(let response, _): response
        case .cut: .empty(status: 502)
        }
    }

    /// Answers one request as the injected faults allow.
    package func outcome(of request: HTTPRequest) -> Outcome {
        let fault = fault.withLock { $0 }?(operation(of: request))
        switch fault {
        case nil: return .answered(perform(request))
        case .failBefore(let status): return .answered(Self.failure(status))
        case .failAfter(let status):
            _ = perform(request)
            return .answered(Self.failure(status))
        case .cut:
            _ = perform(request)
            return .cut
        case .delay(let duration): return .answered(perform(request), after: duration)
        }
    }

    private static func failure(_ status: Int) -> HTTPResponse {
        response(Refusal(status, "Server Error", envelope: .framework).answer)
    }

    private func operation(of request: HTTPRequest) -> SandboxOperation {
        guard let call = try? Call(request) else {
            return SandboxOperation(method: request.method, path: request.path)
        }
        let isBuiltIn = call.service == "system" || call.service == "user"
        let parts = [isBuiltIn ? call.service : "{database}"] + call.resource
        let found = Operation.all.first { $0.match(call.verb, parts) != nil }
        return SandboxOperation(
            method: request.method,
            path: found?.path ?? request.path
        )
    }

    private func perform(_ request: HTTPRequest) -> HTTPResponse {
        store.withLock { store in
            do {
                let answer = try store.transaction {
                    var dispatch = Dispatch(store: store, now: clock.now, random: random)
                    dispatch.hasLimits = hasLimits
                    return try dispatch.answer(request)
                }
                return Self.response(answer)
            } catch {
                // Not even the commit succeeded, so nothing was done.
                return Self.response(Refusal.serverError.answer)
            }
        }
    }

    private static func response(_ answer: Answer) -> HTTPResponse {
        var response = HTTPResponse.json(answer.body?.serialized() ?? [], status: answer.status)
        if let page = answer.page {
            response.body = Array(page.utf8)
            response.headers["Content-Type"] = "text/html; charset=utf-8"
        }
        response.headers["Cache-Control"] = "no-cache, private"
        for (name, value) in answer.headers { response.headers[name] = value }
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response
    }
}
