import Foundation
import JSON
import Synchronization
import Testing
import Transport

@testable import DreamFactory

/// Every recorded call, made by the client where the client offers it.
@Suite struct RecordedCallTests {
    @Test(arguments: Recording.files)
    func `the client sends what was recorded and reads what was answered`(
        _ file: String
    ) async throws {
        for call in try Recording.load(file) {
            do {
                try await Self.compare(call)
            } catch is NotOffered {}
        }
    }

    @Test func `the table says how many calls are covered, and why the others are not`()
        async throws
    {
        var lines = ["| file | calls | covered | not covered |", "|---|---|---|---|"]
        var reasons: [String: Int] = [:]
        var (all, covered) = (0, 0)
        for file in Recording.files {
            let calls = try Recording.load(file)
            var numbers: [Int] = []
            for call in calls {
                guard let reason = await Self.reason(call) else { continue }
                reasons[reason, default: 0] += 1
                numbers.append(call.number)
            }
            all += calls.count
            covered += calls.count - numbers.count
            let list = numbers.map(String.init).joined(separator: ", ")
            lines.append(
                "| \(file) | \(calls.count) | \(calls.count - numbers.count) | \(list) |"
            )
        }
        lines.append("| **all** | \(all) | \(covered) | |")
        lines += ["", "| why a call is not covered | calls |", "|---|---|"]
        lines += reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "| \($0.key) | \($0.value) |" }
        let table = lines.joined(separator: "\n") + "\n"
        let url = try #require(
            Bundle.module.url(
                forResource: "COVERAGE",
                withExtension: "md",
                subdirectory: "Fixtures"
            )
        )
        let stored = try String(contentsOf: url, encoding: .utf8)
        #expect(stored.hasSuffix(table), "The table is now:\n\(table)")
    }

    private static func reason(_ call: Recording) async -> String? {
        do {
            _ = try await Interpreter(call).play()
            return nil
        } catch {
            return (error as? NotOffered)?.reason
        }
    }

    private static func compare(_ call: Recording) async throws {
        let interpreter = try Interpreter(call)
        let result: Result<JSONValue, PlatformError>
        do {
            result = .success(try await interpreter.play())
        } catch let error as PlatformError {
            result = .failure(error)
        }
        try compare(call, interpreter.sender.requests)
        switch result {
        case .success(let value):
            let expected = call.answer.isEmpty ? .null : call.answerJSON
            #expect((200..<300).contains(call.status), "\(call.testDescription)")
            #expect(value == expected, "\(call.testDescription)")
        case .failure(let error):
            #expect(error.reason == Expectation.reason(call), "\(call.testDescription)")
            let failures = call.answerJSON?.at("error", "context", "error")?.array
            if call.answerJSON?.at("error", "code") == 1000 {
                #expect(
                    error.batch?.failures == failures?.compactMap(\.int),
                    "\(call.testDescription)"
                )
            }
        }
    }

    private static func compare(_ call: Recording, _ requests: [ClientRequest]) throws {
        try #require(requests.count == 1, "\(call.testDescription)")
        let request = requests[0]
        #expect(request.method == call.method, "\(call.testDescription)")
        #expect(request.url.path(percentEncoded: false) == call.path, "\(call.testDescription)")
        let items = Recording.items(request.url.query(percentEncoded: true) ?? "")
        #expect(Set(items) == Set(call.query), "\(call.testDescription)")
        let body = try request.body.map { try JSONValue(parsing: $0) }
        #expect(body == call.bodyJSON, "\(call.testDescription)")
        for name in ["X-DreamFactory-Session-Token", "X-DreamFactory-API-Key"] {
            #expect(
                request.headers[name] == call.headers[name.lowercased()],
                "\(call.testDescription)"
            )
        }
    }
}
