import Foundation
import JSON

/// The streams of the process; no key of ours leaves through them whole.
struct Console: Sendable {
    /// Takes a text for the standard output.
    let write: @Sendable (String) -> Void
    /// Takes a text for the standard error stream.
    let writeError: @Sendable (String) -> Void
    /// Gives the next line of the standard input.
    let readLine: @Sendable () -> String?
    /// Whether a person sits at both ends of a question.
    var canAsk = false
    /// Whether the output is read on a terminal.
    var isTerminal = false

    /// The streams of this process.
    static let standard = Console(
        write: { Self.put($0, STDOUT_FILENO) },
        writeError: { Self.put($0, STDERR_FILENO) },
        readLine: { Swift.readLine() },
        canAsk: isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
        isTerminal: isatty(STDOUT_FILENO) == 1
    )

    /// Prints a text and ends its line.
    func print(_ text: String) { write(Self.masked(text.hasSuffix("\n") ? text : text + "\n")) }

    /// Prints one JSON text, spread out for a person only.
    func print(json: JSONValue) { print(json.text(pretty: isTerminal)) }

    /// Says what went wrong.
    func complain(_ text: String) {
        writeError(Self.masked(text.hasSuffix("\n") ? text : text + "\n"))
    }

    /// Puts a question, without ending its line.
    func ask(_ question: String) { writeError(Self.masked(question)) }

    /// A text in which a key shows its first letters and last four only.
    static func masked(_ text: String) -> String {
        guard text.contains("tglive") || text.contains("tgtest") else { return text }
        return text.replacing(/(tglive|tgtest)[0-9A-Za-z]{54,}([0-9A-Za-z]{4})/) { match in
            "\(match.1)…\(match.2)"
        }
    }

    private static func put(_ text: String, _ descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            // Whoever read this has gone away and wants nothing more of it.
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
