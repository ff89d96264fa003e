package import Digest
package import HTTP
import Foundation
import JSON
import Synchronization

/// A DreamFactory platform for development and tests: its System API, its users and the databases of
/// its services, true to recordings of the real one, on one SQLite database.
///
/// What it serves stands in one table, `Operation.all`; what is not there is not served.
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
    private let rehearsal = Mutex<Rehearsal?>(nil)
    private let late = Mutex<[Late]>([])
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
            throw SandboxError("The seed is not JSON: have a JSON checker look at the file.")
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

    /// Rehearses faults from now on; nil ends it.
    package func rehearse(_ spec: FaultSpec?) {
        rehearsal.withLock { $0 = spec.map { Rehearsal($0) } }
    }

    /// Answers one request; the answer that a fault cuts off is a 502 here.
    package func answer(_ request: HTTPRequest) -> HTTPResponse {
        switch outcome(of: request) {
        case .answered(let response, _): response
        case .cut: .empty(status: 502)
        }
    }

    /// Answers one request as the injected faults and the rehearsal allow.
    ///
    /// Calls that came late before and are due are done first.
    package func outcome(of request: HTTPRequest) -> Outcome {
        performDue()
        var draw = rehearsal.withLock { $0?.next() } ?? Rehearsal.Draw()
        let injected = fault.withLock { $0 }
        draw.fault = injected?(operation(of: request)) ?? draw.fault
        switch draw.fault {
        case nil: return .answered(perform(request, draw), after: draw.latency)
        case .failBefore(let status): return .answered(Self.failure(status), after: draw.latency)
        case .failAfter(let status):
            _ = perform(request, draw)
            return .answered(Self.failure(status), after: draw.latency)
        case .page:
            _ = perform(request, draw)
            return .answered(Self.response(.page("Please wait")), after: draw.latency)
        case .cut:
            _ = perform(request, draw)
            return .cut
        case .late(let delay):
            let due = clock.now.addingTimeInterval(delay / .seconds(1))
            late.withLock { $0.append(Late(due: due, request: request, draw: draw)) }
            return .cut
        case .delay(let duration):
            return .answered(perform(request, draw), after: duration + draw.latency)
        }
    }

    /// Does what came late and is due by the platform's clock.
    package func performDue() {
        let now = clock.now
        let due = late.withLock { late in
            let due = late.filter { $0.due <= now }
            late.removeAll { $0.due <= now }
            return due
        }
        for call in due { _ = perform(call.request, call.draw) }
    }

    /// For how long nothing that came late is due; nil where nothing waits.
    package var timeToNextLate: Duration? {
        let next = late.withLock { $0.map(\.due).min() }
        return next.map { .seconds(max(0, $0.timeIntervalSince(clock.now))) }
    }

    private struct Late {
        let due: Date
        let request: HTTPRequest
        let draw: Rehearsal.Draw
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

    private func perform(_ request: HTTPRequest, _ draw: Rehearsal.Draw) -> HTTPResponse {
        let spec = rehearsal.withLock { $0?.spec }
        return store.withLock { store in
            do {
                let answer = try store.transaction {
                    var dispatch = Dispatch(store: store, now: clock.now, random: random)
                    dispatch.hasLimits = hasLimits && (spec?.hasLimits ?? true)
                    (dispatch.node, dispatch.keepsStale) = (draw.node, draw.keepsStale)
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
