package import struct Foundation.Date

/// What should exist on the platform.
package struct DesiredGrant: Hashable, Sendable {
    /// What the subscriber may do.
    package var access: Access
    /// Why, for staff.
    package var reason: String
    /// The plan whose rules and limits are due; nil until one is known.
    package var plan: Plan.Reference?
    /// The key generation that is due; 0 until a first key is, or while that of an app that was
    /// taken over is.
    package var generation: Int
    /// How long the generation before lives on once this one is shown; nil where it ends at once.
    package var overlap: Duration?
    /// When the month began whose calls are paid for; nil where the plan counts no months.
    ///
    /// The counters of monthly limits are begun anew for each.
    package var allowance: Date?

    /// Makes a desired state.
    package init(
        access: Access,
        reason: String,
        plan: Plan.Reference?,
        generation: Int,
        overlap: Duration? = nil,
        allowance: Date? = nil
    ) {
        self.access = access
        self.reason = reason
        self.plan = plan
        self.generation = generation
        self.overlap = overlap
        self.allowance = allowance
    }
}
