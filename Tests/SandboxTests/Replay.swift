import Foundation
import HTTP
import JSON
import Sandbox

/// A recorded conversation with the real platform: one JSON object a line.
struct Recording {
    struct Call {
        let number: Int
        let note: String
        let request: Message
        let response: Message
    }

    /// A request has a method and a path, a response a status.
    struct Message {
        let method: String
        let path: String
        let status: Int
        let headers: [String: JSONValue]
        let body: String?
    }

    let name: String
    let calls: [Call]

    init(contentsOf file: URL) throws {
        name = file.deletingPathExtension().lastPathComponent
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        calls = try lines.map { try Call(JSONValue(parsing: $0.utf8)) }
    }

    init(fixture name: String) throws {
        let file = Bundle.module.bundleURL.appending(path: "Fixtures/\(name).jsonl")
        try self.init(contentsOf: file)
    }
}

extension Recording.Call {
    fileprivate init(_ json: JSONValue) throws {
        func message(_ name: String) -> Recording.Message {
            Recording.Message(
                method: json.at(name, "method")?.string ?? "",
                path: json.at(name, "path")?.string ?? "",
                status: json.at(name, "status")?.int ?? 0,
                headers: json.at(name, "headers")?.object ?? [:],
                body: json.at(name, "body")?.string
            )
        }
        number = json["seq"]?.int ?? 0
        note = json["note"]?.string ?? ""
        request = message("request")
        response = message("response")
    }

    /// What passed on the recording's clock before the call.
    var wait: Duration {
        if note == "poll" { return .seconds(5) }
        if note.contains("2 s later") { return .seconds(2) }
        return note.contains("1 s after") ? .milliseconds(1_200) : .milliseconds(20)
    }
}

/// Sends a recording again and compares what the platform answers now.
///
/// Values that the platform makes anew (tokens, generated keys) are learnt from its answers and put
/// into later requests in place of the recorded ones. Not compared: dates, tokens, host names, the
/// SQL inside database errors, and the order of members.
struct Replay {
    struct Difference: CustomStringConvertible {
        let call: Recording.Call
        let recorded: String
        let live: String

        var description: String {
            "[\(call.number)] \(call.note)\n  recorded \(recorded)\n  live     \(live)"
        }
    }

    let platform: SandboxPlatform
    private var learnt: [(recorded: String, live: String)] = []

    init(on platform: SandboxPlatform) { self.platform = platform }

    /// All calls of the recording that were answered in another way.
    static func differences(_ recording: Recording) throws -> [Difference] {
        let start = Date(timeIntervalSince1970: 1_795_348_800)
        let seed = Bundle.module.bundleURL.appending(path: "Fixtures/store.seed.json")
        let platform = try SandboxPlatform(
            bare: true,
            seed: recording.name == "procedures-functions" ? Array(Data(contentsOf: seed)) : nil,
            hasLimits: recording.name != "no-limits-package",
            clock: SandboxClock { start }
        )
        var replay = Replay(on: platform)
        return try recording.calls.compactMap { try replay.difference($0) }
    }

    mutating func difference(_ call: Recording.Call) throws -> Difference? {
        platform.clock.advance(by: call.wait)
        var headers = HTTPHeaders()
        for (name, value) in call.request.headers {
            headers.add(name, substituted(value.string ?? ""))
        }
        let request = try HTTPRequest(
            method: call.request.method,
            target: substituted(call.request.path),
            headers: headers,
            body: Array(substituted(call.request.body ?? "").utf8)
        )
        let response = platform.answer(request)
        if let recorded = try? JSONValue(parsing: (call.response.body ?? "").utf8),
            let live = try? JSONValue(parsing: response.body)
        {
            learn(recorded, live)
        }
        let recorded = normalized(call.response.body ?? "")
        let live = normalized(response.text)
        let isSameBody = isSkipped(call) || Replay.isSame(recorded, live)
        if response.status == call.response.status, isSameBody { return nil }
        return Difference(
            call: call,
            recorded: "\(call.response.status) \(recorded.prefix(1_500))",
            live: "\(response.status) \(live.prefix(1_500))"
        )
    }

    private func isSkipped(_ call: Recording.Call) -> Bool {
        guard let body = call.response.body else { return true }
        if body.hasPrefix("<!DOCTYPE") { return true }
        let isEnvironment = call.request.path.hasPrefix("/api/v2/system/environment")
        return isEnvironment && body.contains("\"server\"")
    }

    private static func isSame(_ recorded: String, _ live: String) -> Bool {
        guard let left = try? JSONValue(parsing: recorded.utf8),
            let right = try? JSONValue(parsing: live.utf8)
        else { return recorded == live }
        return left == right
    }
}

// MARK: - What varies

extension Replay {
    private static let token = #"eyJ0[\w-]{20,}\.[\w-]+\.[\w-]+"#

    private static let varying = [
        (token, "JWT"),
        (#"eyJ0[\w.-]{20,}"#, "JWT"),
        (#"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?"#, "DATE"),
        (#" ?\(Connection: [^"]*"#, ""),
        (#""host":"[^"]*""#, #""host":"H""#),
        (#"https?:(\\?/){2}(127\.0\.0\.1:\d+|host|sandbox)"#, "URL"),
    ]

    private mutating func learn(_ recorded: JSONValue, _ live: JSONValue) {
        switch (recorded, live) {
        case (.object(let left), .object(let right)):
            for (name, value) in left { learn(value, right[name] ?? .null) }
        case (.array(let left), .array(let right)):
            for (value, other) in zip(left, right) { learn(value, other) }
        case (.string(let left), .string(let right)) where left != right:
            let made = "^(\(Replay.token)|[0-9a-f]{64})$"
            guard left.range(of: made, options: .regularExpression) != nil,
                !learnt.contains(where: { $0.recorded == left })
            else { return }
            learnt.append((left, right))
        default: return
        }
    }

    private func substituted(_ text: String) -> String {
        learnt.reduce(text) { $0.replacingOccurrences(of: $1.recorded, with: $1.live) }
    }

    private func normalized(_ text: String) -> String {
        Replay.varying.reduce(substituted(text)) { text, rule in
            text.replacingOccurrences(of: rule.0, with: rule.1, options: .regularExpression)
        }
    }
}
