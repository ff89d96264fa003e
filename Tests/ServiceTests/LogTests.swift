import Foundation
import JSON
import Testing

@testable import Service

struct LogTests {
    private static func lines(isText: Bool, _ body: (Log) -> Void) -> [String] {
        let lines = Lines()
        body(Log(isText: isText, now: { Road.start }, write: { lines.add($0) }))
        return lines.all
    }

    @Test func `a line for a machine is one JSON object`() {
        let lines = Self.lines(isText: false) { $0.error("event.parked", ["number": "7"]) }
        #expect(
            lines == [
                #"{"event":"event.parked","level":"error","number":"7","time":"2026-09-21T14:13:20Z"}"#
                    + "\n"
            ]
        )
    }

    @Test func `a reader that has gone costs lines and nothing else`() {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        signal(SIGPIPE, SIG_IGN)
        let stream = LogStream(descriptor: ends[1])
        stream.write("whole\n")
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(ends[0], &bytes, bytes.count)
        #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "whole\n")
        close(ends[0])
        stream.write("lost\n")
        close(ends[1])
    }

    @Test func `no detail takes the place of the line's own names`() throws {
        let lines = Self.lines(isText: false) {
            $0.info("serving", ["event": "x", "level": "y", "time": "z"])
        }
        let line = try JSONValue(parsing: try #require(lines.first).utf8)
        #expect(line["event"] == "serving")
        #expect(line["level"] == "info")
        #expect(line["time"] == "2026-09-21T14:13:20Z")
    }

    @Test func `a line for people is one line, whatever came from outside`() {
        let lines = Self.lines(isText: true) {
            $0.warning(
                "webhook.refused",
                ["reason": "two\nlines \u{1B}[31m", "provider": "stripe"]
            )
        }
        #expect(
            lines == [
                "2026-09-21T14:13:20Z warning: webhook.refused reason=\"two\\nlines \\u001b[31m\" "
                    + "provider=stripe\n"
            ]
        )
    }
}
