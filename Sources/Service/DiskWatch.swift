import SQLite
import Storage
import Subscriptions
import Synchronization

import struct Foundation.Date

/// Whether the database takes writes, by what became of those that were tried.
///
/// A server that can acknowledge nothing is not ready. Only a write as large as a delivery shows
/// that there is room again: a small one may find some where a delivery finds none.
final class DiskWatch: Sendable {
    /// What stands in the way of writes; its name is the word of `/readyz`.
    enum Trouble: Int {
        case full = 1, failed

        /// For staff: what has happened, and what to do.
        var sentence: String {
            switch self {
            case .full:
                "The disk under the database is full: no event is stored or acknowledged, and no "
                    + "key changes, until there is room on it again."
            case .failed:
                "The database has failed and writes nothing more: look at the log and at the disk, "
                    + "and restart."
            }
        }
    }

    /// How often it is tried whether there is room again.
    private static let pause: Duration = .seconds(5)

    private let state = Atomic<Int>(0)

    /// What stands in the way of writes now; nil where nothing does.
    var trouble: Trouble? { Trouble(rawValue: state.load(ordering: .relaxed)) }

    func note(_ error: any Error) {
        let trouble: Trouble
        switch error {
        case let error as SQLiteError where error.isDiskFull: trouble = .full
        case let error as SQLiteError where error.isFatal: trouble = .failed
        case DatabaseUnavailable.failed: trouble = .failed
        default: return
        }
        state.store(trouble.rawValue, ordering: .relaxed)
    }

    private func noteSuccess() {
        guard trouble == .full else { return }
        state.store(0, ordering: .relaxed)
    }

    /// Looks until it is cancelled.
    func run(on store: SQLiteStore) async {
        while !Task.isCancelled {
            await look(at: store)
            // A cancelled sleep ends the loop at its head.
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Tries a write where the last one failed.
    func look(at store: SQLiteStore) async {
        guard trouble == .full else { return }
        do {
            try await store.tryWrite()
            noteSuccess()
        } catch {
            note(error)
        }
    }

    func watching(_ inbox: any DeliveryInbox) -> any DeliveryInbox {
        WatchedInbox(inbox: inbox, watch: self)
    }

    func watching(_ store: any Store) -> any Store { WatchedStore(store: store, watch: self) }

    private struct WatchedInbox: DeliveryInbox {
        let inbox: any DeliveryInbox
        let watch: DiskWatch

        func store(
            _ delivery: Delivery,
            receivedAt: Date,
            completion: @escaping @Sendable (Result<StoredDelivery, any Error>) -> Void
        ) {
            inbox.store(delivery, receivedAt: receivedAt) { [watch] result in
                switch result {
                // One that was known wrote nothing.
                case .success(let stored): if stored.isNew { watch.noteSuccess() }
                case .failure(let error): watch.note(error)
                }
                completion(result)
            }
        }
    }

    private struct WatchedStore: Store {
        let store: any Store
        let watch: DiskWatch

        func read<T: Sendable>(
            _ body: @escaping @Sendable (any StoreReader) throws -> T
        ) async throws -> T { try await store.read(body) }

        func write<T: Sendable>(
            _ body: @escaping @Sendable (any StoreTransaction) throws -> T
        ) async throws -> T {
            do {
                return try await store.write(body)
            } catch {
                watch.note(error)
                throw error
            }
        }
    }
}
