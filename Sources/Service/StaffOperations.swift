import Digest
import DreamFactory
package import Foundation
import JSON
import Provisioning
package import Subscriptions

/// Brings the platform to what is desired, in the background or now.
package protocol GrantConvergence: Sendable {
    /// Says that grants may have become due.
    func wake()
    /// Works on one grant until nothing is to be done at once, and through failures for so long.
    func converge(_ id: Subscription.ID, patience: Duration) async throws
    /// Asks the platform again with the newest key, whatever is known of it.
    func proveAgain(_ id: Subscription.ID) async throws -> Grant?
    /// Why the platform is spared calls, and since when; nil while calls are made.
    func pause() -> (since: Date, nextProbeAt: Date, sentence: String)?
    /// What is wrong with the platform as it answers now, in one sentence; nil when nothing is.
    func platformProblem() async -> String?
    /// The type of a service of the platform; nil where there is no such service.
    func serviceType(named name: String) async throws -> String?
}

/// What staff can do, by the same code beside a running server and without one.
package struct StaffOperations: Sendable {
    let store: any Store
    let access: AccessDesk
    let claims: ClaimDesk
    var convergence: any GrantConvergence
    let worker: InboxWorker
    let provisioner: Provisioner
    /// The key with which the platform is called, where that is an app's.
    let ownKey: AppKey?
    let alarms: Alarms
    let metrics: Metrics
    let reconcilers: [Provider: Reconciler]
    let platformURL: String
    /// Copies the database to a path where no file is.
    let copyDatabase: @Sendable (String) async throws -> Void
    let now: @Sendable () -> Date
    /// Says that access may have changed.
    let notify: @Sendable () -> Void
    /// Rings at every change.
    let changed: Bell
    /// Rings when events were made pending.
    let arrived: Bell
    /// Whether workers run in this process; if not, operations do their work themselves.
    let isServing: Bool
    /// Whether nothing is written to the platform.
    let isObserving: Bool

    /// Does what is asked.
    package func perform(_ request: StaffRequest) async -> StaffReply {
        do {
            return try await dispatch(request)
        } catch let stop as StaffStop {
            return stop.reply
        } catch {
            return StaffReply(.failed, "The operation failed: \(error)")
        }
    }

    private func dispatch(_ request: StaffRequest) async throws -> StaffReply {
        switch request.operation {
        case "status": try await status()
        case "stats": try await stats()
        case "backup": try await backUp(request)
        case "plans/list": try await listPlans()
        case "plans/show": try await showPlan(request)
        case "plans/apply": try await applyPlans(request)
        case "subscriptions/list": try await listSubscriptions(request)
        case "subscriptions/show": try await showSubscription(request)
        case "subscriptions/suspend": try await suspend(request)
        case "subscriptions/resume": try await resume(request)
        case "subscriptions/import": try await importSubscriptions(request)
        case "keys/find": try await findKeys(request)
        case "keys/explain": try await explainKey(request)
        case "keys/revoke": try await revoke(request)
        case "keys/restore": try await restore(request)
        case "keys/rotate": try await rotate(request)
        case "grants/list": try await listGrants(request)
        case "grants/drift": try await drift(request)
        case "grants/repair": try await repairGrants(request)
        case "claims/create": try await createClaim(request)
        case "claims/list": try await listClaims(request)
        case "customers/find": try await findCustomers(request)
        case "audit/list": try await listAudit(request)
        case "reconcile": try await reconcile(request)
        case "events/list": try await listEvents(request)
        case "events/show": try await showEvent(request)
        case "events/replay": try await replayEvent(request)
        default: StaffReply(.usage, "There is no operation \(request.operation).")
        }
    }
}

/// Ends an operation early with a reply.
struct StaffStop: Error {
    let reply: StaffReply

    init(_ exit: StaffReply.Exit, _ message: String, body: JSONValue = [:]) {
        reply = StaffReply(exit, message, body: body)
    }

    /// What was asked for is not repeated: it may be a key.
    static let nothingMatches = StaffStop(
        .notFound,
        "Nothing matches: give a whole key or its last four, an e-mail address, or an id of a "
            + "customer, subscription, role or app; `tollgate subscriptions list` shows what there "
            + "is."
    )
}

extension StaffOperations {
    /// Why nothing comes about on the platform while it is only observed.
    static let observing =
        "This server only observes: nothing is written to the platform until it serves without "
        + "--observe."

    var driftWatch: DriftWatch { DriftWatch(store: store, provisioner: provisioner, now: now) }
}

extension StaffRequest {
    func text(_ name: String) throws -> String {
        guard let text = arguments[name]?.string, !text.isEmpty else {
            throw StaffStop(.usage, "The argument \(name) is missing.")
        }
        return text
    }

    /// Why staff do something, short enough for a line of the audit.
    func reason() throws -> String {
        let reason = try text("reason").trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...Self.reasonLengthMax).contains(reason.count) else {
            throw StaffStop(
                .usage,
                "A reason has 1 to \(Self.reasonLengthMax) characters: it is kept for the audit."
            )
        }
        return reason
    }

    private static let reasonLengthMax = 500

    func flag(_ name: String) -> Bool { arguments[name]?.bool ?? false }
}

extension StaffOperations {
    /// The subscriptions that a pasted text names.
    func matches(_ query: String, limit: Int = 20) async throws -> [Subscription] {
        let query = query.trimmingCharacters(in: .whitespacesAndNewlines)
        return try await store.read { reader in
            if let digest = Self.keyDigest(query) {
                return try reader.subscription(keyDigest: digest).map { [$0] } ?? []
            }
            return try reader.subscriptions(matching: query, limit: limit)
        }
    }

    /// The one subscription that a text names; several are listed and nothing is changed.
    func match(_ request: StaffRequest) async throws -> Subscription {
        let query = try request.text("query")
        let found = try await matches(query)
        guard let first = found.first else { throw StaffStop.nothingMatches }
        guard found.count == 1 else {
            let rows = try await summaries(found)
            throw StaffStop(
                .usage,
                "\(found.count) subscriptions match; nothing was changed. Name one by its id.",
                body: ["subscriptions": .array(rows)]
            )
        }
        return first
    }

    /// The digest of a text that has the form of a key of the platform; it is then never compared
    /// in any other way.
    static func keyDigest(_ text: String) -> [UInt8]? {
        let key = AppKey(text.trimmingCharacters(in: .whitespacesAndNewlines))
        return key.map { SHA256.hash($0.rawValue.utf8) }
    }

    func summaries(_ subscriptions: [Subscription]) async throws -> [JSONValue] {
        try await store.read { reader in
            try subscriptions.map { subscription in
                StaffView.summary(
                    subscription,
                    customer: try reader.customer(subscription.customerID),
                    grant: try reader.grant(subscription.id),
                    keys: try reader.keys(subscription.id)
                )
            }
        }
    }
}
