import Foundation

/// What goes wrong in a rehearsal, as `tollgate sandbox --fault` takes it.
///
/// The text is a list of items with commas between them:
///
/// | item | what it does |
/// |---|---|
/// | `latency=20ms`, `latency=20ms-200ms` | holds every answer back, evenly spread over a range |
/// | `error=5%`, `error=5%:503` | refuses with 500 or that status before anything is done |
/// | `error-after=2%`, `error-after=2%:503` | does it, and answers 500 or that status all the same |
/// | `page=1%` | does it, and answers a page in HTML with 200, as something in between might |
/// | `cut=2%` | does it, and closes the connection without an answer |
/// | `late=1%:3s` | closes the connection at once, and does it three seconds later |
/// | `stale-cache`, `stale-cache=10%` | leaves what a change makes invalid in the cache, for five hours at most |
/// | `no-limits` | is an install without the package that has the limits |
/// | `nodes=3` | has each call answered by one of three nodes, each with its own cache and counters |
/// | `seed=7` | makes the same choices in every run with the same calls |
///
/// Shares are percentages with `%`, durations have a unit (`ms`, `s`, `m`). One call has one of
/// `error`, `error-after`, `page`, `cut` and `late` at most, so their shares make 100 % together at most.
package struct FaultSpec: Sendable, Hashable {
    /// One item as an example, for help texts.
    package static let example = "latency=20ms,error=5%,cut=2%,late=1%:3s,nodes=3,seed=7"

    var latency: ClosedRange<Duration> = .zero ... .zero
    var error = Share(status: 500)
    var errorAfter = Share(status: 500)
    var page = 0.0
    var cut = 0.0
    var late = 0.0
    var lateDelay = Duration.zero
    var staleCache = 0.0
    var nodes = 1
    /// Whether the package with the limits is installed.
    package private(set) var hasLimits = true
    var seed: UInt64?

    struct Share: Hashable {
        var share = 0.0
        var status: Int
    }

    /// Reads a text in the grammar above.
    ///
    /// - Throws: A sentence about what cannot be read, with an example of what can.
    package init(_ text: String) throws {
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "=", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            try take(parts.first ?? "", parts.count > 1 ? parts[1] : nil, item: String(item))
        }
        guard error.share + errorAfter.share + page + cut + late <= 1 else {
            throw SandboxError(
                "error, error-after, page, cut and late make more than 100 % together; lower one."
            )
        }
    }

    private mutating func take(_ name: String, _ value: String?, item: String) throws {
        let parts = (value ?? "").split(separator: ":").map(String.init)
        switch (name, value) {
        case ("latency", let value?): latency = try Self.range(value, item)
        case ("error", _?): error = try Self.share(parts, item)
        case ("error-after", _?): errorAfter = try Self.share(parts, item)
        case ("page", let value?): page = try Self.percentage(value, item)
        case ("cut", let value?): cut = try Self.percentage(value, item)
        case ("late", _?) where parts.count == 2:
            late = try Self.percentage(parts[0], item)
            lateDelay = try Self.duration(parts[1], item)
        case ("stale-cache", nil): staleCache = 1
        case ("stale-cache", let value?): staleCache = try Self.percentage(value, item)
        case ("no-limits", nil): hasLimits = false
        case ("nodes", let value?):
            guard let count = Int(value), (1...64).contains(count) else {
                throw Self.unreadable(item, "nodes takes a number from 1 to 64, as in nodes=3")
            }
            nodes = count
        case ("seed", let value?):
            guard let number = UInt64(value) else {
                throw Self.unreadable(item, "seed takes a number, as in seed=7")
            }
            seed = number
        default: throw Self.unreadable(item, "an example is \(Self.example)")
        }
    }
}

// MARK: - Values

extension FaultSpec {
    private static func unreadable(_ item: String, _ advice: String) -> SandboxError {
        SandboxError("The fault `\(item)` cannot be read; \(advice).")
    }

    private static func percentage(_ text: String, _ item: String) throws -> Double {
        guard text.hasSuffix("%"), let number = Double(text.dropLast()), (0...100).contains(number)
        else { throw unreadable(item, "a share is a percentage such as 2.5%") }
        return number / 100
    }

    private static func share(_ parts: [String], _ item: String) throws -> Share {
        guard let first = parts.first, parts.count <= 2 else {
            throw unreadable(item, "write it as error=5% or error=5%:503")
        }
        guard parts.count == 2 else {
            return Share(share: try percentage(first, item), status: 500)
        }
        guard let status = Int(parts[1]), (400...599).contains(status) else {
            throw unreadable(item, "its status is a number from 400 to 599")
        }
        return Share(share: try percentage(first, item), status: status)
    }

    private static func range(_ text: String, _ item: String) throws -> ClosedRange<Duration> {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        let bounds = try parts.map { try duration($0, item) }
        guard let first = bounds.first, let last = bounds.last, bounds.count <= 2, first <= last
        else { throw unreadable(item, "write it as latency=20ms or latency=20ms-200ms") }
        return first...last
    }

    /// At most an hour, which is longer than any client waits.
    private static func duration(_ text: String, _ item: String) throws -> Duration {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60)]
        for (unit, seconds) in units where text.hasSuffix(unit) {
            guard let number = Double(text.dropLast(unit.count)), number >= 0,
                number * seconds <= 3_600
            else { break }
            return .milliseconds(Int64((number * seconds * 1_000).rounded()))
        }
        throw unreadable(item, "a duration has a unit, such as 20ms or 3s, and an hour at most")
    }
}
