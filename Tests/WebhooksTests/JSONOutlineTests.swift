import Foundation
import JSON
import Testing

@testable import Webhooks

@Suite struct JSONOutlineTests {
    private func members(_ text: String) -> [String: JSONValue]? {
        JSONOutline.members(["id", "n"], of: Array(text.utf8))
    }

    @Test func `the named members are read and all else is passed over`() {
        let text = #" { "a" : {"id": "inner", "x": [1, {"id": 2}, []]}, "id":"evt", "n": -5 } "#
        #expect(members(text) == ["id": "evt", "n": -5])
        #expect(members("{}") == [:])
    }

    @Test(
        arguments: [
            (#"{"id": "a\u00e9\n\"\\ \ud83d\ude00"}"#, JSONValue.string("aé\n\"\\ 😀")),
            (#"{"\u0069d": "x"}"#, "x"), (#"{"id": true}"#, true), (#"{"id": false}"#, false),
            (#"{"id": null}"#, nil), (#"{"id": 1785571203}"#, 1_785_571_203),
            (#"{"id": 1.5e1}"#, 15), (#"{"id": [1, {"a": "b"}]}"#, [1, ["a": "b"]]),
            (#"{"id": 0}"#, 0),
            (#"{"id": "é"}"#, "é"),
        ] as [(String, JSONValue)]
    )
    func `every kind of value is read`(text: String, value: JSONValue) {
        #expect(members(text)?["id"] == value || members(text)?["id"]?.integer == value.integer)
    }

    @Test(arguments: [
        "", " ", "x", "[]", "1", "\"a\"", "{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
        "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}",
        "{\"a\":1.}", "{\"a\":1e}", "{\"a\":-}", "{\"a\":tru}", "{\"a\":truex}", "{\"a\":NaN}",
        "{\"a\":\"b}", "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\",
        "{\"a\":[1,]}", "{\"a\":[1}", "{\"a\":{\"b\":1]}", "{} {}", "{\"id\":1,\"id\":1}",
        "\u{feff}{}", "{\"id\":\"\\ud800\"}", "{\"a\":/**/1}", "{\"a\":\"\\u12",
    ])
    func `what is no JSON object is refused`(text: String) {
        #expect(members(text) == nil)
    }

    @Test func `bytes that are not UTF-8 are refused where they are asked for`() {
        let bytes = Array("{\"id\":\"".utf8) + [0xff] + Array("\"}".utf8)
        #expect(JSONOutline.members(["id"], of: bytes) == nil)
    }

    @Test func `nesting has an end`() {
        func nested(_ depth: Int) -> String {
            "{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
                + "}"
        }
        #expect(members(nested(128)) != nil)
        #expect(members(nested(129)) == nil)
        #expect(members("{\"a\":" + String(repeating: "[", count: 100_000)) == nil)
    }

    @Test func `every sample cut short is refused, at any place`() throws {
        let body = try Fixture.bytes("stripe/customer.created.json")
        let end = try #require(body.lastIndex(of: UInt8(ascii: "}")))
        for count in 0...end {
            #expect(JSONOutline.members(["id"], of: Array(body.prefix(count))) == nil)
        }
        #expect(JSONOutline.members(["id"], of: body) != nil)
    }
}
