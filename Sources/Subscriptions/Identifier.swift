import Digest

/// The id of one kind of thing: 128 random bits in 26 lower-case base32 characters when it is
/// ours, the catalogue's own word for a plan.
///
/// Two kinds of ids cannot be mixed up, because each carries the type it belongs to.
package struct Identifier<Owner>: Hashable, Sendable, CustomStringConvertible {
    /// The id as it stands in the database, in platform names and in answers.
    package let rawValue: String

    /// Takes an id as it stands.
    package init(_ rawValue: String) { self.rawValue = rawValue }

    /// Makes a new id from 128 random bits.
    package static func random(_ random: RandomBytes) -> Identifier {
        Identifier(Base32.encode(random(16)))
    }

    /// The id as text.
    package var description: String { rawValue }
}

/// Gives that many random bytes; the system's source in the product, a seeded one in tests.
package typealias RandomBytes = @Sendable (Int) -> [UInt8]
