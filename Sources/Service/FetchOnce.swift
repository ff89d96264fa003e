import JSON
import Synchronization
import Webhooks

/// Fetches each object once for a batch of events, which all happened before the batch began.
final class FetchOnce: ProviderObjects {
    private typealias Fetch = Task<Result<FetchedObject, FetchFailure>, Never>

    private let objects: any ProviderObjects
    private let fetches = Mutex<[String: Fetch]>([:])

    init(_ objects: any ProviderObjects) { self.objects = objects }

    func object(
        _ path: [String],
        _ query: [(name: String, value: String)]
    ) async throws(FetchFailure) -> FetchedObject {
        let name = "\(path) \(query)"
        let fetch = fetches.withLock { fetches in
            if let known = fetches[name] { return known }
            // Outlives the event that began it, because others wait for the same object; it ends
            // with the attempts of the API below.
            let fetch = Fetch { [objects] in
                do throws(FetchFailure) {
                    return .success(try await objects.object(path, query))
                } catch {
                    return .failure(error)
                }
            }
            fetches[name] = fetch
            return fetch
        }
        let result = await withTaskCancellationHandler {
            await fetch.value
        } onCancel: {
            fetch.cancel()
        }
        return try result.get()
    }
}
