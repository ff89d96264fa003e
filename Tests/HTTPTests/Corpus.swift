import Foundation
import HTTP
import JSON
import Testing

/// The request cases of other parsers' tests, each with what its own parser makes of it.
struct Corpus {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var expected: Outcome

        var testDescription: String { name }
    }

    /// How far a parser came.
    struct Outcome: Equatable, Sendable, CustomStringConvertible {
        /// Requests that were read to their end.
        var count: Int
        var isRefused: Bool

        var description: String { "\(count)\(isRefused ? " and a refusal" : "")" }
    }

    let cases: [Case]

    /// The strict request cases of llhttp.
    static func llhttp() throws -> Corpus {
        let file = try Self.file("llhttp")
        return Corpus(cases: (file["cases"]?.array ?? []).compactMap(llhttpCase))
    }

    /// The request, header and chunk cases of picohttpparser.
    static func picohttpparser() throws -> Corpus {
        let file = try Self.file("picohttpparser")
        let requests = (file["cases"]?.array ?? []).compactMap(picoCase)
        let chunks = (file["chunked"]?.array ?? []).enumerated().compactMap(picoChunks)
        return Corpus(cases: requests + chunks)
    }

    private static func file(_ name: String) throws -> JSONValue {
        let url = Bundle.module.url(
            forResource: name,
            withExtension: "json",
            subdirectory: "Fixtures"
        )
        return try JSONValue(parsing: Data(contentsOf: try #require(url)))
    }
}

extension Corpus {
    private static func llhttpCase(_ entry: JSONValue) -> Case? {
        guard entry["meta"]?["type"] == "request", let name = entry["name"]?.string,
            var bytes = bytes(entry["input_b64"])
        else { return nil }
        // The extraction cut the last line end off; where llhttp's log goes past the bytes, it was
        // there.
        if logEnd(entry) > bytes.count { bytes += [0x0D, 0x0A] }
        let isPause = entry["error"]?.string?.contains("Pause on") == true
        let isRefused = entry["strict_result"] == "error" && !isPause
        let count = entry["messages_complete"]?.int ?? 0
        return Case(name: name, bytes: bytes, expected: Outcome(count: count, isRefused: isRefused))
    }

    /// The furthest byte that a log speaks of: `off=45 len=3 …`.
    private static func logEnd(_ entry: JSONValue) -> Int {
        let lines = (entry["log"]?.array ?? []).compactMap(\.string)
        let ends = lines.map { line in
            line.split(separator: " ").prefix(2).compactMap { word in
                word.hasPrefix("off=") || word.hasPrefix("len=") ? Int(word.dropFirst(4)) : nil
            }.reduce(0, +)
        }
        return ends.max() ?? 0
    }

    private static func picoCase(_ entry: JSONValue) -> Case? {
        guard let section = entry["section"]?.string, section != "test_response",
            let comment = entry["comment"]?.string, var bytes = bytes(entry["input_b64"])
        else { return nil }
        if section == "test_headers" { bytes = Array("GET / HTTP/1.0\r\n".utf8) + bytes }
        return Case(
            name: "\(section): \(comment)",
            bytes: bytes,
            expected: outcome(entry["expect"]?.int)
        )
    }

    private static func picoChunks(_ number: Int, _ entry: JSONValue) -> Case? {
        guard var bytes = bytes(entry["input_b64"]) else { return nil }
        bytes =
            Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8) + bytes
        // Without `consume_trailer` picohttpparser stops before the line end of the trailers.
        if entry["consume_trailer"] == 0 { bytes += [0x0D, 0x0A] }
        return Case(
            name: "chunked \(number)",
            bytes: bytes,
            expected: outcome(entry["expect"]?.int)
        )
    }

    private static func outcome(_ code: Int?) -> Outcome {
        Outcome(count: code.map { $0 < 0 } == true ? 0 : 1, isRefused: code == -1)
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8]? {
        value?.string.flatMap { Data(base64Encoded: $0) }.map(Array.init)
    }
}

extension Corpus.Case {
    /// The same with the line ended that its last byte stands in: a refusal may wait for that.
    var lineEnded: Corpus.Case {
        Corpus.Case(name: name, bytes: bytes + Array("\r\n\r\n".utf8), expected: expected)
    }

    /// The same with a Host field after each HTTP/1.1 request line: the corpora are older than the
    /// duty to send one, or leave it out for brevity.
    var withHost: Corpus.Case {
        var copy = self
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let named = lines.map { line in
            let isRequestLine =
                line.suffix(10).elementsEqual(" HTTP/1.1\r".utf8)
                && !line.prefix { $0 != 0x20 }.contains(UInt8(ascii: ":"))
            return Array(line) + (isRequestLine ? Array("\nHost: corpus\r".utf8) : [])
        }
        copy.bytes = Array(named.joined(separator: [0x0A]))
        return copy
    }
}
