import DreamFactory
import Subscriptions
import Synchronization

/// The calls about an app that was taken over, which is known by its id: it bears no name of ours.
extension StepRunner {
    /// The app as it stands; nil where it is gone, or its id is another app's by now.
    func adoptedApp(_ order: WorkOrder) async throws(StepFailure) -> AppRecord? {
        guard let adopted = order.observed.adopted else { return nil }
        let app = try await calling { () async throws(PlatformError) in
            try await api.app(recordID(adopted.id, .findApp))
        }
        return app.flatMap { adopted.isSame(as: $0) ? $0 : nil }
    }

    func findAdopted(_ order: WorkOrder) async throws(StepFailure) -> Finding.Adopted? {
        guard let app = try await adoptedApp(order) else { return nil }
        return Finding.Adopted(app: ObservedGrant.Adopted(app), isActive: app.isActive)
    }

    /// Asks with the key that the platform tells, or told when the app was deleted.
    func proveAdopted(_ order: WorkOrder) async throws(StepFailure) -> Outcome {
        var key = adoptedKeys.key(of: order.subscriptionID)
        if key == nil {
            guard let app = try await adoptedApp(order) else { return .lostKey }
            key = app.apiKey
        }
        guard let key else { return .proved(.inconclusive, generation: 0) }
        let state = try await calling { () async throws(PlatformError) in
            try await api.probe(key)
        }
        return .proved(ProofAnswer(state), generation: 0)
    }
}

/// Keys of apps that were taken over and are being deleted, until their end is closed; they are
/// written nowhere, so that they end with the process.
final class AdoptedKeys: Sendable {
    private let keys = Mutex<[Subscription.ID: AppKey]>([:])

    func key(of id: Subscription.ID) -> AppKey? { keys.withLock { $0[id] } }

    func keep(_ key: AppKey?, of id: Subscription.ID) { keys.withLock { $0[id] = key } }

    func forget(_ id: Subscription.ID) { keep(nil, of: id) }
}

extension WorkOrder {
    /// Whether this is the app that was taken over.
    func isOfAdopted(_ id: Int) -> Bool { observed.holdsAdopted && observed.adopted?.id == id }
}

extension ObservedGrant.Adopted {
    /// Takes what the platform says of an app.
    init(_ app: AppRecord) {
        self.init(
            id: Int(app.id.rawValue),
            name: app.name,
            roleID: app.roleID.map { Int($0.rawValue) },
            key: app.apiKey?.rawValue ?? ""
        )
    }

    /// Whether it is the same app: a name or a key may have been changed, but not both.
    func isSame(as app: AppRecord) -> Bool {
        app.id.rawValue == Int64(id)
            && (app.name == name || app.apiKey.map { holds(key: $0.rawValue) } ?? false)
    }
}
