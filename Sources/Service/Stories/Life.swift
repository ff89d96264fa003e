import Digest
import Foundation
import JSON
import Subscriptions

/// How one subscriber stands at a moment of a story, in our words; providers tell it in theirs.
struct Life {
    static let day: Int64 = 86_400
    static let hour: Int64 = 3_600
    /// What a period costs, in cents.
    static let amount: Int64 = 2_900

    /// What makes the ids of the story its own: letters and digits.
    let tag: String
    /// When the story ends; all times are in Unix seconds.
    let end: Int64
    /// When it stands so.
    var time: Int64
    /// What is subscribed to.
    var price: String
    /// Which subscription of the customer it is.
    var number = 1
    var status = SubscriptionStatus.incomplete
    /// When the subscription began.
    var startedAt: Int64
    var periodStart: Int64
    var periodEnd: Int64
    var trialEnd: Int64?
    var cancelAt: Int64?
    var endedAt: Int64?
    var pausedUntil: Int64?
    /// Which payment of the subscription is the newest.
    var payment = 0
    /// What it asks for.
    var due: Int64 = 0
    /// When it was asked for.
    var askedAt: Int64
    /// Whether it is for a period of its own.
    var isRenewal = false
    /// The period that it paid, where that is not the current one.
    var paidPeriod: (start: Int64, end: Int64)?
    /// Whether it has come.
    var isPaid = false
    /// How much of it was given back.
    var refunded: Int64 = 0
    /// How much of that had been given back before, in a part of its own.
    var refundedBefore: Int64 = 0
    /// How a dispute about it stands, in the word of its end or `open`.
    var dispute: Dispute?
    /// When the dispute began.
    var disputedAt: Int64?

    enum Dispute: String {
        case open, won, lost
    }

    init(price: String, tag: String, end: Int64) {
        self.price = price
        self.tag = tag
        self.end = end
        time = end
        startedAt = end
        askedAt = end
        periodStart = end
        periodEnd = end
    }

    /// The period that the newest payment is for.
    var asked: (start: Int64, end: Int64) { paidPeriod ?? (periodStart, periodEnd) }

    var email: String { "story-\(tag)@example.com" }
    /// Ids of the subscription and of its newest payment are made of these.
    var subscriptionTag: String { "\(tag)\(number)" }
    var paymentTag: String { "\(subscriptionTag)_\(payment)" }

    /// A UUID that the story has for a name.
    func uuid(_ name: String) -> String {
        let digits = Array(Hex.encode(SHA256.hash("\(tag) \(name)".utf8).prefix(16)))
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return parts.map { String(digits[$0]) }.joined(separator: "-")
    }

    /// Nine digits that the story has for a name.
    func digits(_ name: String) -> String {
        let bytes = SHA256.hash("\(tag) \(name)".utf8).prefix(4)
        return String(100_000_000 + bytes.reduce(0) { $0 << 8 | Int64($1) } % 900_000_000)
    }
}

extension JSONValue {
    /// A time as most providers write it; null where there is none.
    static func time(_ seconds: Int64?) -> JSONValue {
        guard let seconds else { return .null }
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        return .string(text.dropLast() + ".000000Z")
    }
}

/// What happens to a subscriber.
enum Happening {
    /// A checkout made the subscription; in a trial if it has an end of one.
    case signUp
    /// The next period began, and its money is asked for.
    case renewal
    /// The money that was asked for came.
    case payment
    /// It could not be collected.
    case failure
    /// It came after all.
    case recovery
    /// The provider has stopped trying.
    case exhaustion
    /// Another price is subscribed to.
    case change
    /// The end of the period is to be the end of all.
    case schedule
    /// That was taken back.
    case unschedule
    /// Collection is paused, and the service with it.
    case pause
    /// The subscription ended.
    case end
    /// Money was given back.
    case refund
    /// A bank asks for money back, or has decided.
    case dispute
}
