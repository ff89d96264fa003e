import Foundation
import SQLite
import Storage
import Subscriptions

/// What keeps a Tollgate from opening a database that is not its own.
extension Tollgate {
    /// A lock file without its database says that the database was moved or lost; starting anew
    /// would forget whom the live platform still lets in.
    static func refuseLostDatabase(_ configuration: Configuration) throws {
        let database = try DatabaseLock.realPath(configuration.databasePath)
        let lock = database + ".lock"
        let files = FileManager.default
        guard configuration.mode == .live, files.fileExists(atPath: lock),
            !files.fileExists(atPath: database)
        else { return }
        throw ConfigurationError(
            "The database \(database) is missing, but \(lock) says that there was one: restore it "
                + "with `tollgate restore FILE`, or remove the lock file to begin a new installation."
        )
    }

    static func checkInstallation(
        _ configuration: Configuration,
        _ surroundings: Surroundings,
        _ store: SQLiteStore
    ) async throws {
        let now = surroundings.now()
        let installation = try await store.write { tx -> Installation in
            if let known = try tx.installation() { return known }
            let new = Installation(
                id: .random(surroundings.random),
                mode: configuration.mode,
                platformOrigin: configuration.platformOrigin,
                createdAt: now
            )
            try tx.insert(new)
            return new
        }
        guard installation.mode == configuration.mode else {
            throw ConfigurationError(
                "The database \(configuration.databasePath) belongs to \(installation.mode) mode "
                    + "and TOLLGATE_MODE says \(configuration.mode): use another database for "
                    + "each mode."
            )
        }
        guard installation.platformOrigin == configuration.platformOrigin else {
            throw ConfigurationError(
                "The database \(configuration.databasePath) belongs to the platform "
                    + "\(installation.platformOrigin) and DREAMFACTORY_URL says "
                    + "\(configuration.platformOrigin): use another database for each platform."
            )
        }
    }

    static func refuseUnknownMasterKeys(
        _ configuration: Configuration,
        _ store: SQLiteStore
    ) async throws {
        let inUse = try await store.read { try $0.masterKeyIDsInUse() }
        guard let unknown = inUse.subtracting(configuration.keyRing.ids).min() else { return }
        throw ConfigurationError(KeyRingError.unknownMasterKey(id: unknown).description)
    }
}
