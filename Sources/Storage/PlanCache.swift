import Foundation
import JSON
import SQLite
import Subscriptions

/// Plans by the text they were read from, because every event reads the whole catalogue and
/// reading a plan is slow.
///
/// A text always reads as the same plan, so that no write ever makes an entry wrong. Unchecked:
/// the entries are only touched under the lock.
final class PlanCache: @unchecked Sendable {
    private let lock = NSLock()
    private var plans: [String: Plan] = [:]

    /// Far more than a catalogue has in all its versions that still have subscribers.
    private static let plansMax = 4_096

    /// The plan that a catalogue writes so.
    func plan(of definition: String) throws -> Plan {
        if let known = lock.withLock({ plans[definition] }) { return known }
        let plan = try Plan(catalogue: JSONValue(parsing: definition.utf8), path: "definition")
        lock.withLock {
            if plans.count >= Self.plansMax { plans = [:] }
            plans[definition] = plan
        }
        return plan
    }
}
