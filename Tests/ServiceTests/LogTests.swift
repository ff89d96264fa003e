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
                #"{"time":"2026-09-21T14:13:20Z","level":"error","event":"event.parked","number":"7"}"#
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
        stream.flush()
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(ends[0], &bytes, bytes.count)
        #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "whole\n")
        close(ends[0])
        stream.write("lost\n")
        stream.flush()
        close(ends[1])
    }

    @Test func `a reader that is slow holds nobody up, and is told how much it missed`() async {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let stream = LogStream(descriptor: ends[1])
        let line = String(repeating: "x", count: 1_023) + "\n"
        // Nobody reads yet: the pipe fills, then the queue.
        for _ in 0..<3_000 { stream.write(line) }
        let source = ends[0]
        let text = Task.detached {
            var text: [UInt8] = []
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(source, &bytes, bytes.count)
                guard count > 0 else { return String(decoding: text, as: UTF8.self) }
                text += bytes.prefix(count)
            }
        }
        stream.flush(within: 600)
        close(ends[1])
        let lines = await text.value.split(separator: "\n")
        let lost = lines.compactMap { Int($0.prefix { $0.isNumber }) }.reduce(0, +)
        #expect(lost > 0)
        #expect(lines.count { $0.hasPrefix("x") } + lost == 3_000)
        close(ends[0])
    }

    @Test func `lines of many threads come out whole`() async {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let stream = LogStream(descriptor: ends[1])
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { stream.write("line \(number)\n") }
            }
        }
        stream.flush()
        close(ends[1])
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = read(ends[0], &bytes, bytes.count)
        let lines = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            .split(separator: "\n").map(String.init)
        #expect(Set(lines) == Set((0..<50).map { "line \($0)" }))
        #expect(lines.count == 50)
        close(ends[0])
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

    @Test(arguments: [true, false])
    func `nothing that could steer a terminal reaches it`(_ isText: Bool) {
        let path = "/x\u{9B}31m\u{202E}\u{7F}\u{2028}ü"
        let lines = Self.lines(isText: isText) { $0.info("request", ["path": path]) }
        #expect(lines.count == 1)
        #expect(lines[0].contains(#"/x\u009b31m\u202e\u007f\u2028ü"#))
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
