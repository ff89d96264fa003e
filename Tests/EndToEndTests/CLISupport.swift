import ChildProcess
import Foundation
import JSON
import Synchronization
import Testing

@testable import tollgate

/// A console whose streams are kept.
final class Transcript: Sendable {
    private let texts = Mutex<(out: String, error: String)>(("", ""))
    private let lines: Mutex<[String]>

    init(typing lines: [String] = []) { self.lines = Mutex(lines) }

    var out: String { texts.withLock { $0.out } }
    var error: String { texts.withLock { $0.error } }

    func console(canAsk: Bool = false) -> Console {
        Console(
            write: { text in self.texts.withLock { $0.out += text } },
            writeError: { text in self.texts.withLock { $0.error += text } },
            readLine: { self.lines.withLock { $0.isEmpty ? nil : $0.removeFirst() } },
            canAsk: canAsk
        )
    }
}

/// A folder that is gone with its owner.
final class Folder: Sendable {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("tollgate-cli-\(UInt32.random(in: 0 ... .max))").path
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String, _ text: String? = nil) throws -> String {
        let file = path + "/" + name
        if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: file)) }
        return file
    }

    func mode(of name: String) throws -> Int? {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue
    }
}

/// The executable as a child process.
final class Child: Sendable {
    /// How a call ended.
    struct End: Sendable {
        let exit: Int32
        let out: String
        let error: String

        var json: JSONValue? { try? JSONValue(parsing: out.utf8) }
    }

    private let process: ChildProcess
    private let out: Reading
    private let error: Reading

    /// Beside the bundle that runs the tests.
    private static let executable = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("tollgate").path

    /// Starts it; a listening socket is passed on as systemd does (sd_listen_fds(3)).
    init(
        _ words: [String],
        _ environment: [String: String],
        input text: String? = nil,
        listening socket: FileHandle? = nil
    ) throws {
        if let socket {
            // LISTEN_PID is known only in the child.
            let script =
                "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" \"$@\""
            process = try ChildProcess(
                "/bin/sh",
                ["-c", script, Self.executable] + words,
                environment: environment,
                standardInput: socket
            )
        } else {
            process = try ChildProcess(Self.executable, words, environment: environment)
            if let text { try process.input.write(contentsOf: Data(text.utf8)) }
            try process.input.close()
        }
        self.out = Reading(process.output)
        self.error = Reading(process.error)
    }

    static func run(
        _ words: [String],
        _ environment: [String: String],
        input: String? = nil
    ) async throws -> End {
        try await Child(words, environment, input: input).end()
    }

    func signal(_ number: Int32) { process.signal(number) }

    func end() async -> End {
        let (out, error) = (await out.all(), await error.all())
        let exit = await withCheckedContinuation { continuation in
            Thread.detachNewThread { [process] in
                continuation.resume(returning: process.wait())
            }
        }
        return End(exit: exit, out: out, error: error)
    }

    /// The first line of the output that is JSON and has a member.
    func outLine(with name: String) async -> JSONValue? { await out.line(with: name) }
    /// The same of the standard error stream.
    func errorLine(with name: String) async -> JSONValue? { await error.line(with: name) }
}

/// Reads a stream to its end on a thread of its own, for those who wait for a line of it.
final class Reading: Sendable {
    private let lines: AsyncStream<String>
    private let whole = Mutex("")

    init(_ handle: FileHandle) {
        let (lines, continuation) = AsyncStream<String>.makeStream()
        self.lines = lines
        Thread.detachNewThread { [weak self] in
            var rest = Data()
            while true {
                let data = handle.availableData
                if data.isEmpty { break }
                rest += data
                while let end = rest.firstIndex(of: 0x0A) {
                    let line = String(decoding: rest[rest.startIndex...end], as: UTF8.self)
                    rest = Data(rest[(end + 1)...])
                    self?.whole.withLock { $0 += line }
                    continuation.yield(line)
                }
            }
            self?.whole.withLock { $0 += String(decoding: rest, as: UTF8.self) }
            continuation.finish()
        }
    }

    func line(with name: String) async -> JSONValue? {
        for await line in lines {
            if let value = try? JSONValue(parsing: line.utf8), value[name] != nil { return value }
        }
        return nil
    }

    func all() async -> String {
        for await _ in lines {}
        return whole.withLock { $0 }
    }
}
