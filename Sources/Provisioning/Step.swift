package import struct Foundation.Date
package import Subscriptions

/// What the provisioner does next for one grant.
package enum Step: Hashable, Sendable {
    /// Learns what the platform can do and whether its refusals mean anything.
    case checkPlatform
    /// Looks role, apps and limits up by name.
    case lookUp
    /// Makes role, rules and the app of a generation in one call; a key that was shown before
    /// comes back asleep, so that its limits precede it.
    case createRole(generation: Int, isActive: Bool)
    /// Brings the role's rules to those of the plan.
    case repairRole
    /// Makes the app of a generation on the role that exists.
    case createApp(generation: Int)
    /// Puts the app of a generation in the place of older ones, in one call.
    case swapApps(generation: Int, old: [Int])
    /// Lets an app's key be used, or not.
    case setApp(id: Int, isActive: Bool)
    /// Deletes an app, and with it its key.
    case deleteApp(id: Int)
    /// Makes a limit.
    case createLimit(RateLimit)
    /// Sets the rate of a limit.
    case changeLimit(id: Int, RateLimit)
    /// Deletes a limit.
    case deleteLimit(id: Int)
    /// Begins a limit's count anew, or only where it is full.
    case clearCounter(id: Int, ifFull: Bool)
    /// Deletes the role.
    case deleteRole(id: Int)
    /// Asks the platform with the key of a generation.
    case prove(generation: Int)

    /// The word under which the attempt is stored.
    package var word: String {
        switch self {
        case .checkPlatform: "check_platform"
        case .lookUp: "look_up"
        case .createRole: "create_role"
        case .repairRole: "repair_role"
        case .createApp: "create_app"
        case .swapApps: "swap_apps"
        case .setApp(_, let isActive): isActive ? "activate_app" : "deactivate_app"
        case .deleteApp: "delete_app"
        case .createLimit: "create_limit"
        case .changeLimit: "change_limit"
        case .deleteLimit: "delete_limit"
        case .clearCounter: "clear_counter"
        case .deleteRole: "delete_role"
        case .prove: "prove"
        }
    }

    /// Whether it makes or changes something, which could come true after we stopped waiting.
    package var isWrite: Bool {
        switch self {
        case .createRole, .createApp, .swapApps, .createLimit, .repairRole, .setApp, .changeLimit:
            true
        // A counter that is cleared late is cleared once more, which does no harm.
        case .checkPlatform, .lookUp, .deleteApp, .deleteLimit, .clearCounter, .deleteRole, .prove:
            false
        }
    }

    /// Whether it deletes something, which coming late matters only where it is wanted again.
    package var isDeletion: Bool {
        switch self {
        case .deleteApp, .deleteLimit, .deleteRole: true
        case .checkPlatform, .lookUp, .createRole, .createApp, .swapApps, .createLimit,
            .repairRole, .setApp, .changeLimit, .clearCounter, .prove:
            false
        }
    }
}

/// What a grant is to do now.
package enum Move: Hashable, Sendable {
    /// Makes a call.
    case call(Step)
    /// Nothing, until a time or until something changes.
    case rest(until: Date?)
    /// Cannot go on, for a reason that no call of its own can remove.
    case blocked(GrantProblem.Kind, String)
}
