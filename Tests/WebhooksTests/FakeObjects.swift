import Foundation
import JSON
import Synchronization
import Webhooks

/// A provider's API that has a few objects, each by its path with its query.
final class FakeObjects: ProviderObjects {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private let objects: [String: JSONValue]
    private let failure: FetchFailure?
    private let asked = Mutex<[String]>([])

    init(_ objects: [String: JSONValue] = [:], failure: FetchFailure? = nil) {
        self.objects = objects
        self.failure = failure
    }

    /// What was asked for, in that order.
    var questions: [String] { asked.withLock { $0 } }

    func object(
        _ path: [String],
        _ query: [(name: String, value: String)]
    ) async throws(FetchFailure) -> FetchedObject {
        let fields = query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        let name = path.joined(separator: "/") + (fields.isEmpty ? "" : "?\(fields)")
        asked.withLock { $0.append(name) }
        if let failure { throw failure }
        guard let value = objects[name] else {
            throw .notFound("The provider does not know \(name).")
        }
        return FetchedObject(value: value, at: Self.now)
    }
}
