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
    private let flush: @Sendable () -> Void
    private let now: @Sendable () -> Date
    private let time = LogTime()

    /// Makes a log that hands each line, with its newline, to `write`; `flush` returns once what it
    /// was handed is out.
    package init(
        isText: Bool,
        now: @escaping @Sendable () -> Date,
        write: @escaping @Sendable (String) -> Void,
        flush: @escaping @Sendable () -> Void = {}
    ) {
        self.isText = isText
        self.now = now
        self.write = write
        self.flush = flush
    }

    /// A log that says nothing.
    package static let silent = Log(isText: true, now: { Date() }, write: { _ in })

    /// A log on the standard error stream.
    package static func standardError(now: @escaping @Sendable () -> Date) -> Log {
        Log(
            isText: isatty(STDERR_FILENO) == 1,
            now: now,
            write: { LogStream.standardError.write($0) },
            flush: { LogStream.standardError.flush() }
        )
    }

    /// Writes an event that is as it should be.
    package func info(_ event: String, _ details: KeyValuePairs<String, String> = [:]) {
        line(.info, event, details)
    }

    /// Writes an event that somebody may want to look at.
    package func warning(_ event: String, _ details: KeyValuePairs<String, String> = [:]) {
        line(.warning, event, details)
    }

    /// Writes an event that somebody must look at, and waits until it is out: what comes next may
    /// be the end of the process.
    package func error(_ event: String, _ details: KeyValuePairs<String, String> = [:]) {
        line(.error, event, details)
        flush()
    }

    private func line(
        _ level: Level,
        _ event: String,
        _ details: KeyValuePairs<String, String>
    ) {
        let time = time.text(now())
        if isText {
            let mark = level == .info ? "" : "\(level.rawValue): "
            let rest = details.map { " \($0.key)=\(Self.plain($0.value))" }.joined()
            write("\(time) \(mark)\(event)\(rest)\n")
        } else {
            write(Self.json(time, level, event, details))
        }
    }

    /// No detail can stand in the place of the line's own names.
    private static func json(
        _ time: String,
        _ level: Level,
        _ event: String,
        _ details: KeyValuePairs<String, String>
    ) -> String {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.append("time", time)
        json.append("level", level.rawValue)
        json.append("event", event)
        for (name, value) in details where !isOwn(name) { json.append(name, value) }
        json.endObject()
        return JSONText.withoutSteering(String(decoding: json.bytes, as: UTF8.self)) + "\n"
    }

    private static func isOwn(_ name: String) -> Bool {
        name == "time" || name == "level" || name == "event"
    }

    /// A value on one line: what came from outside cannot begin another one.
    private static func plain(_ text: String) -> String {
        let isWord = text.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x20 && scalar.value < 0x7F && scalar != "\""
        }
        return isWord && !text.isEmpty ? text : JSONValue.string(text).text()
    }
}
