import Foundation
import HTTP
import JSON
import Synchronization

@testable import Service

/// A folder of one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("tollgate-service-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        // What cannot be removed is left to the system's own cleaning of temporary files.
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }
}

/// Texts in order of arrival, from any thread.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    /// The lines of a log that tell of this event at this level.
    func about(_ event: String, level: Log.Level) -> [String] {
        all.filter { line in
            let line = try? JSONValue(parsing: line.utf8)
            return line?["event"]?.string == event && line?["level"]?.string == level.rawValue
        }
    }
}

extension HTTPResponse {
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }

    /// The answer as it is read in a transcript: the status, the header fields but their order, and
    /// the body.
    var transcript: String {
        let fields = headers.fields.sorted { $0.name < $1.name }.map { "\($0.name): \($0.value)" }
        return (["\(status)"] + fields + [text]).joined(separator: "\n")
    }
}

extension JSONValue {
    /// The rows of a reply about subscriptions.
    var subscriptions: [JSONValue] { self["subscriptions"]?.array ?? [] }
}

/// Something that goes wrong because a test wants it to.
struct Broken: Error, CustomStringConvertible {
    var description = "broken by the test"
}
