import Foundation
import JSON
import Testing

@Suite struct JSONValueTests {
    @Test(
        arguments: [
            ("null", .null), ("true", true), ("0", 0), ("1", 1), ("-7", -7),
            ("9223372036854775807", .integer(.max)), ("1.5", .number(1.5)), ("\"x\"", "x"),
            ("[1,true,null]", [1, true, nil]), ("{\"a\":{\"b\":2}}", ["a": ["b": 2]]),
        ] as [(String, JSONValue)]
    )
    func `a text and its value are the same thing`(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: text.utf8) == value)
        #expect(value.text() == text)
        #expect(try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) == value)
    }

    @Test(
        arguments: [
            ["a10": 1, "a9": 2, "B": 3, "a": 4, "_": 5, "": 6, "ä": 7, "e\u{301}x": 8, "é": 9],
            ["\u{ffff}": 1, "\u{1f600}": 2, "\u{e000}": 3],
            .string(String(String.UnicodeScalarView((0..<0x180).compactMap(Unicode.Scalar.init)))),
            [
                .number(1.5), .number(0.1), .number(1e100), .number(-0.25), .number(1e-7),
                .number(1), .number(1e15), .number(1e16), -12,
            ],
            .integer(.min), .array([]), .object([:]), ["a": ["b": [nil, true, false, [:]]]],
            .number(.infinity), ["a": .number(.nan)],
        ] as [JSONValue]
    )
    func `what is written is what Foundation writes`(_ value: JSONValue) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let written = (try? encoder.encode(value)).map(Array.init) ?? Array("null".utf8)
        #expect(value.serialized() == written)
    }

    @Test(arguments: ["", "{", "[1,,2]", "{\"a\":1}}", "tru", "\"\u{1}\""])
    func `what is not JSON is refused`(_ text: String) {
        #expect(throws: (any Error).self) { try JSONValue(parsing: text.utf8) }
    }

    @Test func `nesting without end is refused, not followed`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: (any Error).self) { try JSONValue(parsing: deep.utf8) }
    }

    @Test func `true is no number and 1 is no truth value`() throws {
        let value = try JSONValue(parsing: #"{"flag":true,"count":1}"#.utf8)
        #expect(value["flag"]?.int == nil)
        #expect(value["count"]?.bool == nil)
        #expect(value.at("flag")?.bool == true)
    }

    @Test(arguments: [true, false])
    func `text steers no terminal and is read as what it was`(_ pretty: Bool) throws {
        let value: JSONValue = ["n": "a\u{9B}\u{85}\u{202E}\u{2029}\u{E0001}\u{7F}\n é 日 🙂"]
        let text = value.text(pretty: pretty)
        #expect(text.contains(#"a\u009b\u0085\u202e\u2029\udb40\udc01\u007f\n é 日 🙂"#))
        #expect(try JSONValue(parsing: text.utf8) == value)
    }
}
