import DreamFactory
import Subscriptions

/// What stands on the platform under the names of one subscription.
struct Standing: Sendable {
    var roles: [RoleRecord] = []
    /// Apps with one of its names, on its role or not.
    var apps: [AppRecord] = []
    /// Limits with its name, on its role or not, and all others on its role.
    var limits: [LimitRecord] = []
    /// The app that was taken over, which bears a name of its own.
    var adopted: AppRecord?
}

/// What stands on the platform under the names of an installation.
struct Inventory: Sendable {
    private(set) var standing: [Subscription.ID: Standing] = [:]

    /// Sorts records by the subscription whose name they bear.
    init(_ names: NamePrefix, roles: [RoleRecord], apps: [AppRecord], limits: [LimitRecord]) {
        for role in roles {
            guard let id = names.subscription(of: role.name) else { continue }
            standing[id, default: Standing()].roles.append(role)
        }
        for app in apps {
            guard let id = names.subscription(of: app.name) else { continue }
            standing[id, default: Standing()].apps.append(app)
        }
        for limit in limits {
            guard let id = names.subscription(of: limit.name) else { continue }
            standing[id, default: Standing()].limits.append(limit)
        }
    }

    /// Adds the apps that were taken over by grants.
    mutating func add(_ apps: [AppRecord], of grants: [Grant]) {
        let found = Dictionary(apps.map { ($0.id.rawValue, $0) }) { first, _ in first }
        for grant in grants {
            guard let adopted = grant.observed.adopted, let app = found[Int64(adopted.id)],
                adopted.isSame(as: app)
            else { continue }
            standing[grant.subscriptionID, default: Standing()].adopted = app
        }
    }

    /// Adds limits that stand on a role of ours under another name.
    mutating func add(_ limits: [LimitRecord]) {
        let owners = Dictionary(
            standing.flatMap { id, standing in standing.roles.map { ($0.id, id) } },
            uniquingKeysWith: { first, _ in first }
        )
        for limit in limits {
            guard let role = limit.roleID, let owner = owners[role],
                standing[owner]?.limits.contains(where: { $0.id == limit.id }) == false
            else { continue }
            standing[owner]?.limits.append(limit)
        }
    }
}

/// With what the names of one installation begin, and what follows.
struct NamePrefix: Sendable {
    let text: String

    init(mode: Mode, installation: Installation) {
        text = "tollgate-\(mode.rawValue)-\(installation.shortID)-"
    }

    /// The subscription whose name this is; nil where it is none that we would give.
    func subscription(of name: String) -> Subscription.ID? {
        guard name.hasPrefix(text) else { return nil }
        let parts = name.dropFirst(text.count).split(
            separator: "-",
            omittingEmptySubsequences: false
        )
        guard let id = parts.first, id.utf8.count == 26, id.utf8.allSatisfy(Self.isBase32) else {
            return nil
        }
        switch parts.count {
        case 1: break
        case 2:
            guard let digits = parts.last?.dropFirst(), parts[1].first == "g",
                let number = Int(digits), number > 1, String(number) == digits
            else { return nil }
        default: return nil
        }
        return Subscription.ID(String(id))
    }

    private static func isBase32(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "2")...UInt8(ascii: "7")).contains(byte)
    }
}
