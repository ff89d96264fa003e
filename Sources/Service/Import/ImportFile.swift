import Foundation
import Subscriptions

/// A file of existing customers: what it says, and which of its lines cannot be read.
///
/// It decides nothing that needs the database.
package struct ImportFile: Sendable {
    /// The columns, the first two of which must be there.
    static let columns = [
        "email", "plan", "provider", "customer", "subscription", "paid_until", "app",
    ]
    /// More lines than any installation has customers.
    static let linesMax = 200_000

    /// The columns in the order of this file.
    private(set) var names: [String] = []
    /// The lines that can be read.
    private(set) var lines: [ImportLine] = []
    /// The records of these lines.
    private(set) var records: [CSV.Record] = []
    /// The other lines, in their order.
    private(set) var refusals: [ImportRefusal] = []

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - providers: The providers that may be named.
    init(parsing bytes: some Collection<UInt8>, providers: Set<Provider>) {
        let (records, fault) = CSV.records(bytes)
        guard let head = records.first else {
            refusals = [
                fault.map { ImportRefusal(line: $0.line, $0.sentence) }
                    ?? ImportRefusal(line: 1, "The file is empty: its first line names columns.")
            ]
            return
        }
        let names = head.fields.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
        if let refusal = Self.refusal(of: names, line: head.line) {
            refusals = [refusal]
            return
        }
        take(names, records.dropFirst(), providers)
        if let fault { refusals.append(ImportRefusal(line: fault.line, fault.sentence)) }
    }

    /// Reads records under columns that are known.
    init(names: [String], records: [CSV.Record], providers: Set<Provider>) {
        if let refusal = Self.refusal(of: names, line: 1) {
            refusals = [refusal]
            return
        }
        take(names, records[...], providers)
    }

    private mutating func take(
        _ names: [String],
        _ records: ArraySlice<CSV.Record>,
        _ providers: Set<Provider>
    ) {
        self.names = names
        var seen = Seen()
        for record in records {
            do throws(ImportRefusal) {
                let line = try Self.line(record, names, providers)
                try seen.add(line)
                guard lines.count < Self.linesMax else {
                    throw ImportRefusal(
                        line: record.line,
                        "A file has \(Self.linesMax) lines at most: divide it."
                    )
                }
                lines.append(line)
                self.records.append(record)
            } catch {
                refusals.append(error)
            }
        }
    }

    private static func refusal(of names: [String], line: Int) -> ImportRefusal? {
        let known = columns.joined(separator: ", ")
        if let unknown = names.first(where: { !columns.contains($0) }) {
            return ImportRefusal(
                line: line,
                "The first line names columns, and there is no column \(unknown.prefix(40)): use "
                    + "\(known)."
            )
        }
        if Set(names).count < names.count {
            return ImportRefusal(line: line, "The first line names a column twice.")
        }
        guard names.contains("email"), names.contains("plan") else {
            return ImportRefusal(line: line, "The columns email and plan must be there.")
        }
        return nil
    }
}

extension ImportFile {
    private static func line(
        _ record: CSV.Record,
        _ names: [String],
        _ providers: Set<Provider>
    ) throws(ImportRefusal) -> ImportLine {
        func refusal(_ sentence: String) -> ImportRefusal {
            ImportRefusal(line: record.line, sentence)
        }
        guard record.fields.count == names.count else {
            throw refusal(
                "It has \(record.fields.count) fields and the first line names \(names.count)."
            )
        }
        var fields: [String: String] = [:]
        for (name, field) in zip(names, record.fields) {
            let field = field.trimmingCharacters(in: .whitespaces)
            guard field.utf8.count <= 255, field.unicodeScalars.allSatisfy({ $0.value >= 32 })
            else {
                throw refusal("The field \(name) is too long or holds a control character.")
            }
            if !field.isEmpty { fields[name] = field }
        }
        guard let email = fields["email"], isAddress(email) else {
            throw refusal("The field email holds no e-mail address.")
        }
        guard let plan = fields["plan"] else { throw refusal("The field plan is empty.") }
        let provider = Provider(rawValue: fields["provider"]?.lowercased() ?? "manual")
        guard provider == .manual || providers.contains(provider) else {
            let known = (["manual"] + providers.map(\.rawValue).sorted()).joined(separator: ", ")
            throw refusal("The provider is none of those that are set up here: \(known).")
        }
        if provider != .manual {
            for name in ["customer", "subscription"] where fields[name] == nil {
                throw refusal("The field \(name) is empty: the provider's id belongs there.")
            }
        }
        return ImportLine(
            number: record.line,
            email: email,
            plan: Plan.ID(plan),
            provider: provider,
            customer: fields["customer"],
            subscription: fields["subscription"],
            paidUntil: try date(fields["paid_until"], record.line),
            app: try app(fields["app"], record.line)
        )
    }

    /// An id of the platform.
    private static func app(_ text: String?, _ line: Int) throws(ImportRefusal) -> Int? {
        guard let text else { return nil }
        guard text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let id = Int(text), id > 0
        else {
            throw ImportRefusal(line: line, "The field app holds no id of an app, such as 12.")
        }
        return id
    }

    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".")
            && !text.contains(where: \.isWhitespace)
    }

    /// A day counts to its end, in UTC.
    private static func date(_ text: String?, _ line: Int) throws(ImportRefusal) -> Date? {
        guard let text else { return nil }
        let day = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day()
        if text.utf8.count == 10, let date = try? day.parse(text) {
            return date.addingTimeInterval(86_400)
        }
        if let date = try? Date(text, strategy: .iso8601) { return date }
        throw ImportRefusal(
            line: line,
            "The field paid_until is neither a day such as 2026-12-31 nor a time such as "
                + "2026-12-31T12:00:00Z."
        )
    }

    /// What lines before have taken.
    private struct Seen {
        private var subscriptions: [String: Int] = [:]
        private var apps: [Int: Int] = [:]

        mutating func add(_ line: ImportLine) throws(ImportRefusal) {
            let name = "\(line.provider) \(line.subscription)"
            if let earlier = subscriptions[name] {
                throw ImportRefusal(
                    line: line.number,
                    "Line \(earlier) is about the same subscription; where a customer has "
                        + "several of one plan, name each in the field subscription."
                )
            }
            if let app = line.app {
                if let earlier = apps[app] {
                    throw ImportRefusal(
                        line: line.number,
                        "Line \(earlier) names the same app: a subscription takes over one of its own."
                    )
                }
                apps[app] = line.number
            }
            subscriptions[name] = line.number
        }
    }
}
