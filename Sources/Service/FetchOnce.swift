import JSON
import Synchronization
import Webhooks

/// Fetches each object once for a batch of events, which all happened before the batch began.
///
/// A provider that gave no answer is asked for nothing more in the batch: to wait for it once more
/// for every event would keep those behind from their effect for minutes.
final class FetchOnce: ProviderObjects {
    private typealias Fetch = Task<Result<FetchedObject, FetchFailure>, Never>

    private struct State {
        var fetches: [String: Fetch] = [:]
        var failure: FetchFailure?
    }

    private let objects: any ProviderObjects
    private let state = Mutex(State())

    init(_ objects: any ProviderObjects) { self.objects = objects }

    func object(
        _ path: [String],
        _ query: [(name: String, value: String)]
    ) async throws(FetchFailure) -> FetchedObject {
        let name = "\(path) \(query)"
        let fetch = try state.withLock { (state) throws(FetchFailure) -> Fetch in
            if let known = state.fetches[name] { return known }
            if let failure = state.failure { throw failure }
            // Outlives the event that began it, because others wait for the same object; it ends
            // with the attempts of the API below.
            let fetch = Fetch { [self] in
                do throws(FetchFailure) {
                    return .success(try await objects.object(path, query))
                } catch {
                    note(error)
                    return .failure(error)
                }
            }
            state.fetches[name] = fetch
            return fetch
        }
        let result = await withTaskCancellationHandler {
            await fetch.value
        } onCancel: {
            fetch.cancel()
        }
        return try result.get()
    }

    private func note(_ failure: FetchFailure) {
        guard case .unavailable(let sentence) = failure else { return }
        let later = FetchFailure.unavailable("\(sentence) It was asked for nothing more then.")
        state.withLock { $0.failure = $0.failure ?? later }
    }
}
