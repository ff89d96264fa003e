import Foundation
import JSON
import Transport
import Webhooks

/// Stripe's API, of which only objects are read.
struct StripeAPI: ProviderObjects {
    /// The shape of answers, pinned so that Stripe's own default cannot change what is read.
    static let version = "2026-07-29.dahlia"
    /// Where Stripe answers.
    static let standardOrigin = "https://api.stripe.com"
    /// How often one request is sent.
    static let attemptsMax = 4
    /// How long one attempt may last.
    static let deadline: Duration = .seconds(10)
    /// The longest pause that Stripe may ask for; a longer one is left to the next round.
    static let pauseMax: Duration = .seconds(20)

    let origin: String
    let key: String
    let sender: any RequestSender
    let now: @Sendable () -> Date
    let sleep: @Sendable (Duration) async throws -> Void
    /// A number from 0 to 1 that keeps many clients from coming back at once.
    let jitter: @Sendable () -> Double

    func object(
        _ path: [String],
        _ query: [(name: String, value: String)]
    ) async throws(FetchFailure) -> FetchedObject {
        guard let url = url(path, query) else {
            throw .refused("The address of \(path.joined(separator: "/")) cannot be made.")
        }
        let request = ClientRequest(
            method: "GET",
            url: url,
            headers: ["Authorization": "Bearer \(key)", "Stripe-Version": Self.version],
            deadline: Self.deadline
        )
        let name = path.joined(separator: "/")
        var attempt = 1
        while true {
            let outcome = await outcome(of: request, name)
            switch outcome {
            case .fetched(let object): return object
            case .failed(let failure): throw failure
            case .again(let failure, let pause):
                guard attempt < Self.attemptsMax, !Task.isCancelled else { throw failure }
                let pause = pause ?? backoff(attempt)
                guard pause <= Self.pauseMax else { throw failure }
                do {
                    try await sleep(pause)
                } catch {
                    throw failure
                }
                attempt += 1
            }
        }
    }

    /// What one attempt came to.
    private enum Outcome {
        case fetched(FetchedObject)
        case failed(FetchFailure)
        /// It may go better later, after so long where Stripe says it.
        case again(FetchFailure, after: Duration?)
    }

    private func outcome(of request: ClientRequest, _ name: String) async -> Outcome {
        // Before it is sent, so that the state in the answer is not older than this.
        let at = now()
        do throws(TransportError) {
            return Self.outcome(of: try await sender.send(request), name, at)
        } catch {
            let failure = FetchFailure.unavailable("Stripe gave no answer for \(name): \(error)")
            return error.isLasting ? .failed(failure) : .again(failure, after: nil)
        }
    }

    private static func outcome(
        of response: ClientResponse,
        _ name: String,
        _ at: Date
    ) -> Outcome {
        let value = try? JSONValue(parsing: response.body)
        switch response.status {
        case 200:
            guard let value, value.object != nil else {
                return .again(.unavailable("Stripe's answer for \(name) is no object."), after: nil)
            }
            return .fetched(FetchedObject(value: value, at: at))
        case 404:
            return .failed(
                .notFound(
                    "Stripe does not know \(name): STRIPE_API_KEY may be of another account."
                )
            )
        case 401, 403:
            return .failed(
                .refused(
                    "Stripe refuses STRIPE_API_KEY for \(name) (\(response.status)): use a key that"
                        + " may read subscriptions, invoices, charges, disputes and customers."
                )
            )
        case 409, 429, 500...:
            return .again(
                .unavailable("Stripe answered \(response.status) for \(name)."),
                after: pause(in: response)
            )
        default:
            let code = value?["error"]?["code"]?.string ?? "no code"
            return .failed(.refused("Stripe answered \(response.status) (\(code)) for \(name)."))
        }
    }

    private static func pause(in response: ClientResponse) -> Duration? {
        response.headers["retry-after"].flatMap { Int64($0) }.map { .seconds(max(0, $0)) }
    }

    /// Half a second, doubled each time, up to twice as long by chance.
    private func backoff(_ attempt: Int) -> Duration {
        .milliseconds(Int(500 * Double(1 << (attempt - 1)) * (1 + jitter())))
    }

    /// Ids are opaque text: whatever is no letter, digit or `_` is escaped.
    private func url(_ path: [String], _ query: [(name: String, value: String)]) -> URL? {
        let plain = CharacterSet(
            charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
        )
        func escaped(_ text: String) -> String? {
            text.addingPercentEncoding(withAllowedCharacters: plain)
        }
        let parts = path.compactMap(escaped)
        let fields = query.compactMap { field -> String? in
            guard let name = escaped(field.name), let value = escaped(field.value) else {
                return nil
            }
            return "\(name)=\(value)"
        }
        guard parts.count == path.count, fields.count == query.count else { return nil }
        let suffix = fields.isEmpty ? "" : "?" + fields.joined(separator: "&")
        return URL(string: "\(origin)/v1/\(parts.joined(separator: "/"))\(suffix)")
    }
}

extension StripeAPI: CustomStringConvertible, CustomReflectable {
    /// Where it asks, and not with what key.
    var description: String { "Stripe's API at \(origin)" }

    /// Shows no key either, also to a debugger's dump.
    var customMirror: Mirror { Mirror(self, children: ["origin": origin]) }
}

extension TransportError {
    /// Whether another attempt would end the same.
    fileprivate var isLasting: Bool {
        switch self {
        case .cancelled, .notTrusted, .invalidAddress, .redirected, .answerTooLarge: true
        case .hostNotFound, .connectionRefused, .timedOut, .connectionLost, .malformedAnswer,
            .failed:
            false
        }
    }
}
