package import JSON

package import struct Foundation.Date

/// Where a provider's objects can be asked for as they stand now.
package protocol ProviderObjects: Sendable {
    /// Fetches the object at a path below the API's version, for example `["invoices", "in_1"]`.
    func object(
        _ path: [String],
        _ query: [(name: String, value: String)]
    ) async throws(FetchFailure) -> FetchedObject
}

/// An object as the provider had it.
package struct FetchedObject: Hashable, Sendable {
    /// The object.
    package let value: JSONValue
    /// When that was, by the provider's clock and not later than the answer.
    package let at: Date

    /// Makes a fetched object.
    package init(value: JSONValue, at: Date) {
        self.value = value
        self.at = at
    }
}

/// Why an object could not be fetched; each with one sentence for staff.
package enum FetchFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The provider does not know it.
    case notFound(String)
    /// The provider, or the way to it, is in trouble; later it may answer.
    case unavailable(String)
    /// The provider refuses to answer us.
    case refused(String)

    /// The sentence.
    package var description: String {
        switch self {
        case .notFound(let sentence), .unavailable(let sentence), .refused(let sentence): sentence
        }
    }
}
