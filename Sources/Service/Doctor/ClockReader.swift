import Foundation
import Synchronization
import Transport

/// A sender that reads the platform's clock from its answers (RFC 9110 §6.6.1).
final class ClockReader: RequestSender {
    private let sender: any RequestSender
    private let now: @Sendable () -> Date
    private let seen = Mutex<TimeInterval?>(nil)

    init(_ sender: any RequestSender, now: @escaping @Sendable () -> Date) {
        self.sender = sender
        self.now = now
    }

    /// By how many seconds the platform's clock is ahead; nil where it never told the time.
    ///
    /// Of all answers the one that is nearest counts: the others waited on their way.
    var skew: TimeInterval? { seen.withLock { $0 } }

    func send(_ request: ClientRequest) async throws(TransportError) -> ClientResponse {
        let sent = now()
        let response = try await sender.send(request)
        let received = now()
        guard let date = response.headers["date"].flatMap(Self.date) else { return response }
        // The field names whole seconds and was written between the two.
        let early = sent.timeIntervalSince(date) - 1
        let late = received.timeIntervalSince(date)
        let skew = early > 0 ? -early : late < 0 ? -late : 0
        seen.withLock { seen in
            seen = seen.map { abs($0) <= abs(skew) ? $0 : skew } ?? skew
        }
        return response
    }

    private static func date(_ text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.date(from: text)
    }
}
