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
}
