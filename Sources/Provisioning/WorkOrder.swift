import DreamFactory
import Subscriptions

/// A step whose intent is stored, with all that is needed to make it.
struct WorkOrder: Sendable {
    let subscriptionID: Subscription.ID
    let step: Step
    /// The number of the attempt.
    let attempt: Int64
    let names: GrantNames
    /// What was desired when the step was chosen.
    let desired: DesiredGrant
    let observed: ObservedGrant
    /// The plan; nil where access has ended and its rules no longer matter.
    let plan: Plan?
    /// The keys of the generations that may be on the platform.
    let keys: [Int: AppKey]
}
