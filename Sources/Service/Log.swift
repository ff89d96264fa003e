package import Foundation
import JSON

/// One line an event: text on a terminal, JSON otherwise.
///
/// Holds no header, body, token, key or secret: callers pass names and sentences only.
package struct Log: Sendable {
    /// How much an event matters.
    package enum Level: String, Sendable {
        case info
        case warning
        case error
    }

    private let write: @Sendable (String) -> Void
    private let isText: Bool
    private let now: @Sendable () -> Date

    /// Makes a log that hands each line, with its newline, to `write`.
    package init(
        isText: Bool,
        now: @escaping @Sendable () -> Date,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.isText = isText
        self.now = now
        self.write = write
    }

    /// A log that says nothing.
    package static let silent = Log(isText: true, now: { Date() }, write: { _ in })

    /// A log on the standard error stream.
    package static func standardError(now: @escaping @Sendable () -> Date) -> Log {
        let stream = LogStream(descriptor: STDERR_FILENO)
        return Log(isText: isatty(STDERR_FILENO) == 1, now: now) { stream.write($0) }
    }

    /// Writes an event that is as it should be.
    package func info(_ event: String, _ details: KeyValuePairs<String, String> = [:]) {
        line(.info, event, details)
    }

    /// Writes an event that somebody may want to look at.
    package func warning(_ event: String, _ details: KeyValuePairs<String, String> = [:]) {
        line(.warning, event, details)
    }

    /// Writes an event that somebody must look at.
    package func error(_ event: String, _ details: KeyValuePairs<String, String> = [:]) {
        line(.error, event, details)
    }

    private func line(
        _ level: Level,
        _ event: String,
        _ details: KeyValuePairs<String, String>
    ) {
        let time = now().formatted(.iso8601)
        if isText {
            let mark = level == .info ? "" : "\(level.rawValue): "
            let rest = details.map { " \($0.key)=\(Self.plain($0.value))" }.joined()
            write("\(time) \(mark)\(event)\(rest)\n")
        } else {
            // The line's own names come last: no detail can stand in their place.
            var members: [String: JSONValue] = [:]
            for (name, value) in details { members[name] = .string(value) }
            members["time"] = .string(time)
            members["level"] = .string(level.rawValue)
            members["event"] = .string(event)
            write(JSONValue.object(members).text() + "\n")
        }
    }

    /// A value on one line: what came from outside cannot begin another one.
    private static func plain(_ text: String) -> String {
        let isWord = text.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x20 && scalar.value < 0x7F && scalar != "\""
        }
        return isWord && !text.isEmpty ? text : JSONValue.string(text).text()
    }
}
