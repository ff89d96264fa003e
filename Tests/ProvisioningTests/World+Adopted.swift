import DreamFactory
import Foundation
import Simulation
import Subscriptions
import Synchronization
import Testing

@testable import Provisioning

/// An app that was there before, on a role that it shares with another one.
extension World {
    static let adoptedID: Int64 = 500
    static let adoptedName = "Ada's app, of 2021"
    private static let otherID: Int64 = 501
    private static let sharedRoleID: Int64 = 400

    static func adoptedKey() throws -> AppKey {
        try #require(AppKey(String(repeating: "0a1B", count: 16)))
    }

    private static func legacy() throws -> (role: RoleRecord, apps: [AppRecord]) {
        let roleID = try #require(RecordID<RoleRecord>(sharedRoleID))
        let rule = Rule(
            serviceID: try #require(RecordID<ServiceRecord>(7)),
            component: "*",
            verbMask: 31
        )
        func app(_ id: Int64, _ name: String, _ key: AppKey?) throws -> AppRecord {
            AppRecord(
                id: try #require(RecordID<AppRecord>(id)),
                name: name,
                apiKey: key,
                isActive: true,
                roleID: roleID
            )
        }
        return (
            RoleRecord(
                id: roleID,
                name: "everybody of before",
                isActive: true,
                rules: [RuleRecord(id: try #require(RecordID<RuleRecord>(401)), rule: rule)],
                apps: []
            ),
            [
                try app(adoptedID, adoptedName, try adoptedKey()),
                try app(otherID, "other", AppKey(String(repeating: "zz9", count: 22))),
            ]
        )
    }

    /// The subscription has taken the app over, and nothing was called yet.
    func adopt() throws {
        let (role, apps) = try Self.legacy()
        platform.state.withLock { state in
            state.roles[role.id.rawValue] = role
            for app in apps { state.apps[app.id.rawValue] = app }
        }
        calibrate()
        let now = clock.now
        store.tables.withLock { tables in
            var grant = Grant(
                subscriptionID: Self.id,
                desired: DesiredGrant(access: .active, reason: "", plan: Self.plan, generation: 0),
                changedAt: now
            )
            grant.observed = ObservedGrant(adopting: ObservedGrant.Adopted(apps[0]))
            grant.nextAttemptAt = now
            tables.grants[Self.id] = grant
        }
    }

    var adoptedAnswer: KeyState {
        get throws {
            let key = try Self.adoptedKey()
            return platform.state.withLock { $0.answer(to: key) }
        }
    }

    /// Takes away what shares nothing with the subscription, which must be as it was.
    private func expectOthersUntouched(_ context: Comment) throws {
        let (role, apps) = try Self.legacy()
        platform.state.withLock { state in
            #expect(state.roles.removeValue(forKey: role.id.rawValue) == role, context)
            #expect(state.apps.removeValue(forKey: Self.otherID) == apps[1], context)
        }
    }

    /// The app is as it was, but awake or asleep, and nothing of ours is there.
    func expectAdopted(isAwake: Bool, _ context: Comment) throws {
        let (grant, answer) = (try grant, try adoptedAnswer)
        try expectOthersUntouched(context)
        var app = try Self.legacy().apps[0]
        app.isActive = isAwake
        let state = platform.state.withLock { $0 }
        #expect(state.apps == [Self.adoptedID: app] && state.roles.isEmpty, context)
        #expect(answer == (isAwake ? .alive : .asleep), context)
        #expect(grant.problem == nil && grant.isAdopted && !grant.isUnproved, context)
        #expect(grant.observed.proof?.answer == (isAwake ? .alive : .asleep), context)
    }

    /// The app is deleted, its key was proved to be refused, and no other app was touched.
    func expectAdoptedGone(_ context: Comment) throws {
        platform.commitLate()
        let (grant, answer) = (try grant, try adoptedAnswer)
        try expectOthersUntouched(context)
        #expect(answer == .gone, context)
        #expect(platform.state.withLock { $0.apps[Self.adoptedID] } == nil, context)
        #expect(grant.problem == nil && !grant.isUnproved, context)
        #expect(grant.observed.adopted?.endedAt != nil && !grant.observed.holdsAdopted, context)
        #expect(grant.observed.revocation?.provedAt != nil, context)
    }
}
