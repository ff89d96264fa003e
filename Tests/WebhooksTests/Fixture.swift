import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

/// The files in `Fixtures/`.
enum Fixture {
    private static let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures")

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: bytes(name))
    }

    /// The paths of all files below a folder, sorted.
    static func files(below name: String) throws -> [String] {
        let root = folder.appendingPathComponent(name).path
        return try FileManager.default.subpathsOfDirectory(atPath: root)
            .filter { $0.hasSuffix(".json") }
            .sorted()
    }
}

/// What an adapter makes of an event, in a line.
func summary(_ reading: EventReading) -> String {
    switch reading {
    case .ignored: "ignored"
    case .parked(let need): "parked \(need.kind.rawValue) \(need.subject)"
    case .event(let event): "\(event.mode == .live ? "live " : "")\(summary(event.change))"
    }
}

private func summary(_ change: PaymentEvent.Change) -> String {
    switch change {
    case .subscription(let snapshot): summary(snapshot)
    case .checkout(let checkout):
        "checkout \(checkout.payment.rawValue) \(checkout.email ?? "-")"
            + (checkout.settled.map { " \(summary(.payment($0)))" } ?? "")
    case .order(let checkout):
        "order \(checkout.order) \(checkout.payment.rawValue) \(checkout.email ?? "-")"
    case .payment(let payment):
        "payment \(payment.succeeded ? "paid" : "failed")"
            + " until \(seconds(payment.periodEnd))"
    case .customer(let customer):
        "customer \(customer.email ?? "-")\(customer.isDeleted ? " deleted" : "")"
    case .reversal(let reversal, let id):
        "\(reversal.kind.rawValue) \(reversal.state.rawValue) of \(id)"
    case .orderReversal(let reversal, let order):
        "\(reversal.kind.rawValue) \(reversal.state.rawValue) of order \(order)"
    case .warning(_, let id): "warning of \(id ?? "-")"
    }
}

private func summary(_ snapshot: SubscriptionSnapshot) -> String {
    var words = ["subscription", snapshot.status.rawValue]
    words += snapshot.items.map { "\($0.quantity)×\($0.price.suffix(6))<\(seconds($0.periodEnd))" }
    if let time = snapshot.trialEnd { words.append("trial<\(seconds(time))") }
    if let time = snapshot.cancelAt { words.append("cancel@\(seconds(time))") }
    if let pause = snapshot.pause {
        words.append("\(pause.behavior.rawValue)<\(seconds(pause.resumesAt))")
    }
    if let time = snapshot.endedAt { words.append("ended@\(seconds(time))") }
    return words.joined(separator: " ")
}

private func seconds(_ date: Date?) -> String {
    date.map { String(Int64($0.timeIntervalSince1970)) } ?? "-"
}
