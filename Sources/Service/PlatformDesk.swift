import DreamFactory
import Foundation
import Provisioning
import Subscriptions

/// The platform as staff operations need it.
struct PlatformDesk: GrantConvergence {
    let provisioner: Provisioner
    let client: PlatformClient
    var isObserving = false

    func wake() { provisioner.wake() }

    func converge(_ id: Subscription.ID, patience: Duration) async throws {
        if isObserving { return }
        try await provisioner.converge(id, patience: patience)
    }

    func proveAgain(_ id: Subscription.ID) async throws -> Grant? {
        // What follows the proof may be a write.
        isObserving ? nil : try await provisioner.proveAgain(id)
    }

    func pause() -> (since: Date, nextProbeAt: Date, sentence: String)? {
        switch provisioner.breakerState {
        case .closed: nil
        case .open(let since, let nextProbeAt, let sentence): (since, nextProbeAt, sentence)
        }
    }

    func platformProblem() async -> String? {
        do {
            let capabilities = try await client.capabilities()
            guard capabilities.hasLimits else {
                return "The platform has no volume limits: install its limits package; plans with "
                    + "limits wait until then."
            }
            return nil
        } catch {
            return error.description
        }
    }

    func serviceType(named name: String) async throws -> String? {
        guard let name = RecordName(name) else { return nil }
        return try await client.service(named: name)?.type
    }
}

/// A store that rings a bell after each write, for the requests that wait for one.
struct RingingStore: Store {
    let store: any Store
    let bell: Bell

    func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReader) throws -> T
    ) async throws -> T {
        try await store.read(body)
    }

    func write<T: Sendable>(
        _ body: @escaping @Sendable (any StoreTransaction) throws -> T
    ) async throws -> T {
        let value = try await store.write(body)
        bell.ring()
        return value
    }
}
