import DreamFactory
import Subscriptions
import Synchronization

import struct Foundation.Date

/// The platform's services by name, remembered for a while, since every grant needs them.
final class ServiceDirectory: Sendable {
    private static let lifetime: Double = 300

    private let known = Mutex<[String: (record: ServiceRecord, readAt: Date)]>([:])
    private let api: any SystemAPI
    private let now: @Sendable () -> Date

    init(api: any SystemAPI, now: @escaping @Sendable () -> Date) {
        self.api = api
        self.now = now
    }

    /// The platform's rules for the access rules of a plan.
    func rules(_ access: [AccessRule]) async throws(ServiceFailure) -> [Rule] {
        var rules: [Rule] = []
        for rule in access {
            rules.append(
                Rule(
                    serviceID: try await id(of: rule.service),
                    component: rule.component,
                    verbMask: rule.verbMask
                )
            )
        }
        return rules
    }

    /// Reads services again before they are forgotten, so that no subscriber waits for it; one that
    /// cannot be read is asked for again by the grant that needs it.
    func refresh(_ names: Set<String>) async throws(ServiceFailure) {
        for name in names.sorted() { _ = try await read(name) }
    }

    private func id(of name: String) async throws(ServiceFailure) -> RecordID<ServiceRecord> {
        let entry = known.withLock { $0[name] }
        if let entry, now().timeIntervalSince(entry.readAt) < Self.lifetime {
            return entry.record.id
        }
        return try await read(name)
    }

    private func read(_ name: String) async throws(ServiceFailure) -> RecordID<ServiceRecord> {
        guard let recordName = RecordName(name) else { throw .missing(name) }
        let found: ServiceRecord?
        do {
            found = try await api.service(named: recordName)
        } catch {
            throw .platform(error)
        }
        guard let found else { throw .missing(name) }
        guard found.type != "system" else { throw .forbidden(name) }
        known.withLock { $0[name] = (found, now()) }
        return found.id
    }
}

/// Why the services of a plan are not known.
enum ServiceFailure: Error {
    case missing(String)
    case forbidden(String)
    case platform(PlatformError)

    /// The failure of a step that needed them; nothing was sent yet.
    var failure: Failure {
        switch self {
        case .missing(let name):
            Failure(
                .needsStaff,
                "The plan opens the service \(name), which the platform does not have, or does not "
                    + "show to our API key; make it there, give the key's role a rule for it, or "
                    + "change the plan."
            )
        case .forbidden(let name):
            Failure(
                .needsStaff,
                "The service \(name) is the platform's own, which no plan may open; change the "
                    + "plan."
            )
        case .platform(let error): Failure(error)
        }
    }
}
