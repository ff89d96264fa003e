package import struct Foundation.Date

/// What is known to exist on the platform, and what is not known for sure.
///
/// Stored as JSON, so its member names are part of the database.
package struct ObservedGrant: Hashable, Sendable, Codable {
    /// An app of the grant.
    package struct App: Hashable, Sendable, Codable {
        /// The platform's id.
        package var id: Int
        /// The key generation that it carries; 0 for an app that was taken over.
        package var generation: Int
        /// Whether it is active, as last written or read.
        package var isActive: Bool
        /// Whether it has our key and our role; one that has not is deleted and made anew.
        package var fits: Bool

        /// Makes an app.
        package init(id: Int, generation: Int, isActive: Bool, fits: Bool = true) {
            self.id = id
            self.generation = generation
            self.isActive = isActive
            self.fits = fits
        }
    }

    /// A limit of the grant, as read back.
    package struct Limit: Hashable, Sendable, Codable {
        /// The platform's id.
        package var id: Int
        /// How many calls; 0 while it is inactive and counts nothing.
        package var rate: Int
        /// In what period, in the catalogue's word.
        package var period: String
        /// Of which verb; nil counts all.
        package var verb: String?
        /// The allowance that its counter was last begun anew for; nil where that is not known.
        package var freshFor: Date?
        /// Since when its counter must be looked at, because the rate was raised.
        package var raisedAt: Date?

        /// Makes a limit.
        package init(
            id: Int,
            rate: Int,
            period: String,
            verb: String?,
            freshFor: Date? = nil,
            raisedAt: Date? = nil
        ) {
            self.id = id
            self.rate = rate
            self.period = period
            self.verb = verb
            self.freshFor = freshFor
            self.raisedAt = raisedAt
        }
    }

    /// A proof, and what it said of which generation.
    package struct Proof: Hashable, Sendable, Codable {
        /// What the platform said of the key.
        package var answer: ProofAnswer
        /// The generation that was asked.
        package var generation: Int
        /// When.
        package var at: Date
        /// When that was first said, with nothing else since; nil where it is not known.
        package var since: Date?

        /// Makes a proof.
        package init(answer: ProofAnswer, generation: Int, at: Date, since: Date? = nil) {
            self.answer = answer
            self.generation = generation
            self.at = at
            self.since = since
        }
    }

    /// When a generation ends that lives on beside the one after it.
    package struct Ending: Hashable, Sendable, Codable {
        /// The generation.
        package var generation: Int
        /// When it ends.
        package var at: Date

        /// Makes an end.
        package init(generation: Int, at: Date) {
            self.generation = generation
            self.at = at
        }
    }

    /// How far taking everything down has come.
    package struct Revocation: Hashable, Sendable, Codable {
        /// The newest generation that it takes down.
        package var generation: Int
        /// When it was begun.
        package var startedAt: Date
        /// When the key was first proved to be refused.
        package var provedAt: Date?
        /// When look-up and proof were repeated and nothing was left.
        package var closedAt: Date?
        /// Since when nothing was found and every key was refused; the repetition counts from it.
        package var quietSince: Date?
        /// When the last look-up by name found nothing.
        package var lookedUpAt: Date?
        /// The last proof of each generation that was refused since something was last found; an
        /// unfinished one of a key that has no role any more.
        package var refusals: [Proof] = []
        /// Whether a key was accepted after its app was deleted.
        package var isBack = false

        /// Makes the record of a revocation that has just begun.
        package init(generation: Int, startedAt: Date) {
            self.generation = generation
            self.startedAt = startedAt
        }
    }

    /// The role.
    package var roleID: Int?
    /// The plan, in its version, whose rules the role holds; `id@version`.
    package var rules: String?
    /// The app that was taken over, there or gone; nil where none was.
    package var adopted: Adopted?
    /// The apps, at most one each generation.
    package var apps: [App] = []
    /// The limits, as read back.
    package var limits: [Limit] = []
    /// The newest generation that was shown: limits read back and proved alive.
    package var shownGeneration = 0
    /// The last proof that said something.
    package var proof: Proof?
    /// The last proof of the generation before, while that lives on.
    package var previousProof: Proof?
    /// When the generation before ends; set when the one that is due was first shown.
    package var ending: Ending?
    /// The newest generation whose app was begun to be made; nil where it is the one that is shown.
    package var madeGeneration: Int?
    /// When an app was last made for a key that had one before.
    package var remadeAt: Date?
    /// The generation whose app could not be put in the place of older ones in one call.
    package var unswappedGeneration: Int?
    /// Since when the platform must be asked by name before anything is believed to be absent.
    package var mustLookUpSince: Date?
    /// When the write was begun that has not been answered yet, or never will be.
    package var writeBegunAt: Date?
    /// When the last write was made whose outcome is not known and may still come true.
    package var unknownWriteAt: Date?
    /// When the deletion was begun that has not been answered yet, or never will be.
    package var deletionBegunAt: Date?
    /// When the last deletion was made whose outcome is not known and may still come true.
    package var unknownDeletionAt: Date?
    /// When role, rules and limits were last read back; nil once the key sleeps.
    package var verifiedAt: Date?
    /// When the platform refused one of the limits for good.
    package var limitRefusedAt: Date?
    /// How far taking down has come; nil while nothing ever was to be taken down.
    package var revocation: Revocation?
    /// The newest generation that was taken down and closed, with all before it; less than 0 while
    /// the key of an app that was taken over is not.
    package var closedGeneration = 0

    /// Makes the state in which nothing exists.
    package init() {}
}
