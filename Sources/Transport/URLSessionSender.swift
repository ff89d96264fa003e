import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// One URLSession for the life of the process, without cookies, cache or redirects.
///
/// corelibs-foundation keeps memory and threads of every session it made, so a process makes one.
package final class URLSessionSender: RequestSender {
    /// What the sender accepts.
    package struct Limits: Sendable {
        /// Connections to one host at a time; further requests wait.
        package var connectionsPerHost = 8
        /// Bytes of content in one answer.
        package var answerBytes = 4 << 20

        /// Makes the limits that fit one platform and a few providers.
        package init() {}
    }

    private let session: URLSession
    private let exchanges: Exchanges

    /// Opens the session; nothing is sent yet.
    package init(limits: Limits = Limits()) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = limits.connectionsPerHost
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        exchanges = Exchanges(answerBytesMax: limits.answerBytes)
        session = URLSession(
            configuration: configuration,
            delegate: exchanges,
            delegateQueue: CallerQueue()
        )
    }

    deinit {
        session.invalidateAndCancel()
    }

    /// Sends the request once, within its deadline.
    package func send(_ request: ClientRequest) async throws(TransportError) -> ClientResponse {
        guard !Task.isCancelled else { throw .cancelled }
        guard ["http", "https"].contains(request.url.scheme), request.url.host() != nil else {
            throw .invalidAddress
        }
        let task = session.dataTask(with: Self.urlRequest(request))
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                exchanges.begin(task, continuation, until: .now + request.deadline)
                task.resume()
                // A cancellation that came before the exchange was known ended nothing.
                if Task.isCancelled { exchanges.end(task, .cancelled) }
            }
        } onCancel: { [exchanges] in
            exchanges.end(task, .cancelled)
        }
        return try result.get()
    }

    private static func urlRequest(_ request: ClientRequest) -> URLRequest {
        // corelibs-foundation hands whole seconds to libcurl; a fraction would be cut to none.
        let seconds = max(1, request.deadline.components.seconds + 1)
        var result = URLRequest(
            url: request.url,
            cachePolicy: .reloadIgnoringLocalCacheData,
            timeoutInterval: TimeInterval(seconds)
        )
        result.httpMethod = request.method
        result.httpShouldHandleCookies = false
        for (name, value) in request.headers { result.setValue(value, forHTTPHeaderField: name) }
        result.httpBody = request.body.map { Data($0) }
        return result
    }
}

/// A queue that runs what it is given at once, on the thread that gives it.
///
/// corelibs-foundation reads on without waiting for its delegate's queue, so that a server faster than
/// that queue would fill the memory with answers that nobody has looked at. Here it reads on when the
/// last piece was taken.
// The class adds no state to what is Sendable already.
private final class CallerQueue: OperationQueue, @unchecked Sendable {
    override func addOperation(_ block: @escaping @Sendable () -> Void) { block() }
}

/// The exchanges under way, fed by the session's callbacks.
private final class Exchanges: NSObject, URLSessionDataDelegate {
    typealias Outcome = Result<ClientResponse, TransportError>

    private struct Exchange {
        var task: URLSessionTask
        var continuation: CheckedContinuation<Outcome, Never>
        var deadline: ContinuousClock.Instant
        /// The content as it came: to grow one array would take several times its memory.
        var pieces: [Data] = []
        var size = 0

        var body: [UInt8] {
            var body: [UInt8] = []
            body.reserveCapacity(size)
            for piece in pieces { body.append(contentsOf: piece) }
            return body
        }
    }

    private struct UnderWay {
        var exchanges: [Int: Exchange] = [:]
        var isWatched = false
    }

    private let answerBytesMax: Int
    /// The session calls back on the queue that a cancellation would wait for.
    private let cancellations = DispatchQueue(label: "cancellations")
    private let underWay = Mutex(UnderWay())

    init(answerBytesMax: Int) {
        self.answerBytesMax = answerBytesMax
    }

    func begin(
        _ task: URLSessionTask,
        _ continuation: CheckedContinuation<Outcome, Never>,
        until deadline: ContinuousClock.Instant
    ) {
        let isFirst = underWay.withLock { underWay in
            underWay.exchanges[task.taskIdentifier] = Exchange(
                task: task,
                continuation: continuation,
                deadline: deadline
            )
            defer { underWay.isWatched = true }
            return !underWay.isWatched
        }
        guard isFirst else { return }
        // One watch for all exchanges, of its own because it belongs to none of them; it ends when
        // none is left. A sleep for each would outlive its exchange: the runtime keeps a cancelled
        // sleep until its time has come.
        Task { await watch() }
    }

    /// Ends what is over its deadline: URLSession's own time-out starts anew with every byte.
    private func watch() async {
        repeat {
            try? await Task.sleep(for: .milliseconds(250))
            let now = ContinuousClock.now
            let expired = underWay.withLock { underWay in
                underWay.exchanges.values.filter { $0.deadline <= now }.map(\.task)
            }
            for task in expired { end(task, .timedOut) }
        } while hasWork()
    }

    private func hasWork() -> Bool {
        underWay.withLock { underWay in
            underWay.isWatched = !underWay.exchanges.isEmpty
            return underWay.isWatched
        }
    }

    /// Ends an exchange from our side, at once: whoever waits does not depend on the session's
    /// word that it has cancelled the task.
    func end(_ task: URLSessionTask, _ verdict: TransportError) {
        let ended = underWay.withLock { $0.exchanges.removeValue(forKey: task.taskIdentifier) }
        ended?.continuation.resume(returning: .failure(verdict))
        cancellations.async { task.cancel() }
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        // The handler is not called: corelibs-foundation traps when it is called for a task that
        // was cancelled meanwhile, be it by us, by the deadline or by the caller.
        end(task, .redirected(status: response.statusCode))
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLarge = underWay.withLock { underWay in
            let size = underWay.exchanges[dataTask.taskIdentifier]?.size ?? 0
            guard size + data.count <= answerBytesMax else { return true }
            underWay.exchanges[dataTask.taskIdentifier]?.pieces.append(data)
            underWay.exchanges[dataTask.taskIdentifier]?.size += data.count
            return false
        }
        if isTooLarge { end(dataTask, .answerTooLarge(limit: answerBytesMax)) }
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        didCompleteWithError error: (any Error)?
    ) {
        let ended = underWay.withLock { $0.exchanges.removeValue(forKey: task.taskIdentifier) }
        guard let ended else { return }
        ended.continuation.resume(returning: Self.outcome(of: ended, task.response, error))
    }

    private static func outcome(
        of exchange: Exchange,
        _ response: URLResponse?,
        _ error: (any Error)?
    ) -> Outcome {
        if let error { return .failure(TransportError(error)) }
        guard let response = response as? HTTPURLResponse else { return .failure(.malformedAnswer) }
        guard !(300..<400).contains(response.statusCode) else {
            return .failure(.redirected(status: response.statusCode))
        }
        var headers: [String: String] = [:]
        for (name, value) in response.allHeaderFields {
            headers["\(name)".lowercased()] = "\(value)"
        }
        return .success(
            ClientResponse(status: response.statusCode, headers: headers, body: exchange.body)
        )
    }
}

extension TransportError {
    /// Sorts the system's failure; -999 is how corelibs-foundation says that a task was cancelled.
    fileprivate init(_ error: any Error) {
        guard let code = (error as? URLError)?.code else {
            self = .failed(code: (error as NSError).code)
            return
        }
        switch code {
        case .cancelled: self = .cancelled
        case .cannotFindHost, .dnsLookupFailed: self = .hostNotFound
        case .badURL: self = .invalidAddress
        // corelibs-foundation reports the last connect error, also where a first address was
        // refused and the connection to a second one broke later. Only libcurl's own sentence is
        // proof that no connection was made.
        case .cannotConnectToHost:
            let sentence = (error as NSError).localizedDescription
            self = sentence.hasPrefix("Failed to connect") ? .connectionRefused : .connectionLost
        case .secureConnectionFailed, .serverCertificateUntrusted,
            .serverCertificateHasBadDate, .serverCertificateNotYetValid,
            .serverCertificateHasUnknownRoot, .clientCertificateRejected:
            self = .notTrusted
        case .timedOut: self = .timedOut
        case .networkConnectionLost, .notConnectedToInternet: self = .connectionLost
        // The scheme is checked before: "unsupported URL" is an answer that is not HTTP.
        case .badServerResponse, .cannotParseResponse, .unsupportedURL: self = .malformedAnswer
        default: self = .failed(code: code.rawValue)
        }
    }
}
