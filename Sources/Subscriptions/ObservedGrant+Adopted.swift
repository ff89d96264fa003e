import Digest
package import struct Foundation.Date

extension ObservedGrant {
    /// An app that was there before us and was taken over, with a role and a key that we did not
    /// make; the key counts as generation 0.
    ///
    /// Its role is never touched. The key itself is read from the platform whenever it is needed,
    /// and written nowhere.
    package struct Adopted: Hashable, Sendable, Codable {
        /// The platform's id.
        package let id: Int
        /// Its name, as last read.
        package private(set) var name: String
        /// Its role, as last read.
        package private(set) var roleID: Int?
        /// SHA-256 of its key, as last read.
        package private(set) var keyDigest: [UInt8]
        /// The last four characters of its key, for people.
        package private(set) var lastFour: String
        /// Whether its key was refused once the app slept for good, which it is before it is deleted.
        package var wasRefused = false
        /// When its key was last accepted though it was to be refused; nil once it was refused.
        package var acceptedAt: Date?
        /// Whether the app is gone and its key with it, so that nothing can be asked with it.
        package var isKeyLost = false
        /// When its end was proved and closed.
        package var endedAt: Date?

        /// Takes what the platform says of an app; the key is not kept.
        package init(id: Int, name: String, roleID: Int?, key: String) {
            self.id = id
            self.name = name
            self.roleID = roleID
            keyDigest = SHA256.hash(key.utf8)
            lastFour = String(key.suffix(4))
        }

        /// Whether this is its key.
        package func holds(key: String) -> Bool {
            ConstantTime.equal(SHA256.hash(key.utf8), keyDigest)
        }

        /// Takes note of what somebody has changed of it on the platform.
        package mutating func note(_ read: Adopted) {
            name = read.name
            roleID = read.roleID
            keyDigest = read.keyDigest
            lastFour = read.lastFour
            isKeyLost = false
        }
    }

    /// Makes the state that begins with an app that was there before.
    package init(adopting app: Adopted) {
        self.init()
        adopted = app
        apps = [App(id: app.id, generation: 0, isActive: true)]
        closedGeneration = -1
    }

    /// Whether an app was taken over whose end is not yet proved and closed.
    package var holdsAdopted: Bool { adopted != nil && closedGeneration < 0 }

    /// The app that was taken over, while it is there.
    package var adoptedApp: App? { apps.first { $0.generation == 0 } }
}
