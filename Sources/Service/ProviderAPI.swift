import Foundation
import JSON
import Transport
import Webhooks

/// A provider's API, of which only objects are read; every provider is asked with the same
/// patience.
struct ProviderAPI: ProviderObjects {
    /// How one provider's API is spoken to, where the providers differ.
    struct Form: Sendable {
        /// The provider, as sentences name it.
        let name: String
        /// The setting that holds the key.
        let setting: String
        /// What the key must be able to read, for whoever has to make one.
        let rights: String
        /// What stands before every path.
        let root: [String]
        /// The header fields that pin the shape of answers, so that no default of the provider's
        /// can change what is read.
        let headers: [String: String]
    }

    /// How often one request is sent.
    static let attemptsMax = 4
    /// How long one attempt may last.
    static let deadline: Duration = .seconds(10)
    /// The longest pause that a provider may ask for; a longer one is left to the next round.
    static let pauseMax: Duration = .seconds(20)

    let form: Form
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
            headers: form.headers.merging(["Authorization": "Bearer \(key)"]) { _, key in key },
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
        /// It may go better later, after so long where the provider says it.
        case again(FetchFailure, after: Duration?)
    }

    private func outcome(of request: ClientRequest, _ name: String) async -> Outcome {
        // Before it is sent, so that the state in the answer is not older than this.
        let at = now()
        do throws(TransportError) {
            return outcome(of: try await sender.send(request), name, at)
        } catch {
            let failure = FetchFailure.unavailable(
                "\(form.name) gave no answer for \(name): \(error)"
            )
            return error.isLasting ? .failed(failure) : .again(failure, after: nil)
        }
    }

    private func outcome(
        of response: ClientResponse,
        _ name: String,
        _ at: Date
    ) -> Outcome {
        let value = try? JSONValue(parsing: response.body)
        switch response.status {
        case 200:
            guard let value, value.object != nil else {
                return .again(
                    .unavailable("\(form.name)'s answer for \(name) is no object."),
                    after: nil
                )
            }
            return .fetched(FetchedObject(value: value, at: at))
        case 404:
            return .failed(
                .notFound(
                    "\(form.name) does not know \(name): \(form.setting) may be of another account."
                )
            )
        case 401, 403:
            return .failed(
                .refused(
                    "\(form.name) refuses \(form.setting) for \(name) (\(response.status)): use a"
                        + " key that may read \(form.rights)."
                )
            )
        case 409, 429, 500...:
            return .again(
                .unavailable("\(form.name) answered \(response.status) for \(name)."),
                after: Self.pause(in: response)
            )
        default:
            return .failed(
                .refused(
                    "\(form.name) answered \(response.status) (\(Self.code(in: value))) for"
                        + " \(name)."
                )
            )
        }
    }

    /// The provider's word for what is wrong; a text that is no single word could repeat anything.
    private static func code(in value: JSONValue?) -> String {
        let word =
            value?["error"]?["code"]?.string ?? value?["error"]?.string
            ?? value?["errors"]?.array?.first?["code"]?.string
        guard let word, (1...64).contains(word.utf8.count),
            word.allSatisfy({ $0.isASCII && ($0.isLetter || $0 == "_") })
        else { return "no code" }
        return word
    }

    private static func pause(in response: ClientResponse) -> Duration? {
        response.headers["retry-after"].flatMap { Int64($0) }.map { .seconds(max(0, $0)) }
    }

    /// Half a second, doubled each time, up to twice as long by chance.
    private func backoff(_ attempt: Int) -> Duration {
        .milliseconds(Int(500 * Double(1 << (attempt - 1)) * (1 + jitter())))
    }

    /// Ids are opaque text: whatever is no letter, digit, `-` or `_` is escaped.
    private func url(_ path: [String], _ query: [(name: String, value: String)]) -> URL? {
        let plain = CharacterSet(
            charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
        )
        func escaped(_ text: String) -> String? {
            text.addingPercentEncoding(withAllowedCharacters: plain)
        }
        let parts = (form.root + path).compactMap(escaped)
        let fields = query.compactMap { field -> String? in
            guard let name = escaped(field.name), let value = escaped(field.value) else {
                return nil
            }
            return "\(name)=\(value)"
        }
        guard parts.count == form.root.count + path.count, fields.count == query.count else {
            return nil
        }
        let suffix = fields.isEmpty ? "" : "?" + fields.joined(separator: "&")
        return URL(string: "\(origin)/\(parts.joined(separator: "/"))\(suffix)")
    }
}

extension ProviderAPI: CustomStringConvertible, CustomReflectable {
    /// Where it asks, and not with what key.
    var description: String { "\(form.name)'s API at \(origin)" }

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
