import Foundation
import JSON
import Testing

@testable import DreamFactory
@testable import Sandbox

/// Random texts, half of them made of what the grammar would trip over.
struct RandomTexts {
    private static let pieces =
        [
            "'", "\"", "`", "(", ")", ") and (", ") OR (", ")||(", ")\u{A0}and (", "=", ">=", "<=",
            "!=",
            "<>", ">", "<", " in ", " like ", " LI\u{212A}E ", " not in ", " is null", " eq ",
            " contains ", " \u{17F}tarts with ", "%", "_", ",", "{", "}", "{session.token}",
            ":user_id", " ", "  ", "\t", "\n", "\0", "\\", "\\'", "''", "--", ";", "/*", "not (",
            "\u{301}", "\u{338}", "\u{200D}", "\u{FE0F}", "\u{600}", "\u{1F1E6}", "é", "≠", "≯",
            "ß",
            "日本", "👩‍👧", "\u{FF1D}", "\u{202E}", "a", "B", "0", "-1", "1e3", "null", "true",
        ]

    private var generator: SplitMix

    init(seed: UInt64) { generator = SplitMix(state: seed) }

    mutating func next() -> String {
        let count = Int.random(in: 0...8, using: &generator)
        return (0..<count).map { _ in piece() }.joined()
    }

    private mutating func piece() -> String {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0, 1: return Self.pieces.randomElement(using: &generator) ?? ""
        case 2: return String(UnicodeScalar(UInt8.random(in: 0x20...0x7E, using: &generator)))
        default:
            let value = UInt32.random(in: 0...0x2FFFF, using: &generator)
            return UnicodeScalar(value).map { String(Character($0)) } ?? "?"
        }
    }
}

/// A generator whose numbers are the same on every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite struct FilterTests {
    typealias Built = DreamFactory.Filter
    typealias Parsed = Sandbox.Filter

    static let fields = [
        Parsed.Field(name: "name", isInteger: false), Parsed.Field(name: "id", isInteger: true),
    ]

    /// What the sandbox's parser binds, each value as its exact scalars.
    private static func bound(_ filter: Built) throws -> (sql: String, values: [[Unicode.Scalar]]) {
        let parsed = try Parsed(filter.text, fields: fields)
        return (
            parsed.sql, parsed.values.map { Array(($0.string ?? $0.text()).unicodeScalars) }
        )
    }

    @Test(arguments: 0..<10)
    func `a value comes back exactly or is refused`(_ part: UInt64) throws {
        var texts = RandomTexts(seed: part)
        let builders = Self.builders
        var (accepted, refused) = (0, 0)
        for number in 0..<10_000 {
            let text = texts.next()
            let (build, wrap) = builders[number % builders.count]
            guard let filter = try? build(text) else {
                refused += 1
                continue
            }
            accepted += 1
            let expected = Array(wrap(text).unicodeScalars)
            let alone = try? Self.bound(filter)
            let joined = try? Self.bound(filter.and(Built("id", .equals, 7)))
            let isExact = alone?.values == [expected] && joined?.values == [expected, ["7"]]
            #expect(isExact, "\(filter.text.debugDescription)")
        }
        #expect(accepted > 1_500)
        #expect(refused > 1_500)
    }

    @Test func `a filter that is written, and not built, comes back as something else`() throws {
        var texts = RandomTexts(seed: 1)
        var inexact = 0
        for _ in 0..<1_000 {
            let text = texts.next()
            let parsed = try? Parsed("name='\(text)'", fields: Self.fields)
            let values = parsed?.values.map { Array(($0.string ?? "").unicodeScalars) }
            inexact += values == [Array(text.unicodeScalars)] ? 0 : 1
        }
        #expect(inexact > 100)
    }

    private static var builders: [((String) throws -> Built, (String) -> String)] {
        Built.Comparison.allCases.map { sign in
            ({ try Built("name", sign, .text($0)) }, { $0 })
        } + [
            ({ try Built.isIn("name", [.text($0)]) }, { $0 }),
            ({ try Built.isNotIn("name", [.text($0)]) }, { $0 }),
            ({ try Built.contains("name", $0) }, { "%\($0)%" }),
            ({ try Built.startsWith("name", $0) }, { "\($0)%" }),
            ({ try Built.endsWith("name", $0) }, { "%\($0)" }),
        ]
    }

    @Test(arguments: [
        ("x>=1", FilterRefusal.holdsOperator(">=")), ("a) and (b", .holdsJoin),
        ("a)  OR\t(b", .holdsControl), ("a)  OR  (b", .holdsJoin),
        ("{session.token}", .holdsLookup),
        ("a :USER_ID", .holdsLookup), ("'a\"", .quotes), ("a\u{0}", .holdsControl),
        ("a (b", .holdsBracket), ("\u{301}a", .quotes),
    ])
    func `what cannot be said is refused with its reason`(
        _ text: String,
        _ refusal: FilterRefusal
    ) {
        #expect(throws: refusal) { try Built("name", .equals, .text(text)) }
    }

    @Test func `what a sign would be taken for is refused by the signs before it`() throws {
        #expect(try Built("name", .equals, "a = b > c").text == "name='a = b > c'")
        #expect(throws: FilterRefusal.holdsOperator("=")) { try Built("name", .greater, "a=b") }
        #expect(throws: FilterRefusal.holdsOperator(">")) { try Built("name", .less, "a>b") }
        #expect(throws: FilterRefusal.holdsOperator("in")) { try Built("name", .like, "a in b") }
        #expect(throws: FilterRefusal.holdsWildcard) { try Built.contains("name", "50%") }
        #expect(throws: FilterRefusal.notBare) { try Built.contains("name", "") }
        #expect(throws: FilterRefusal.notBare) { try Built.startsWith("name", "(select 1)") }
        #expect(throws: FilterRefusal.holdsComma) { try Built.isIn("name", ["a,b"]) }
        #expect(throws: FilterRefusal.emptyList) { try Built.isIn("id", []) }
        #expect(throws: FilterRefusal.notANumber) { try Built("id", .equals, .number(.infinity)) }
        #expect(throws: FilterRefusal.notANumber) { try Built("id", .equals, .number(1e30)) }
        #expect(throws: FilterRefusal.tooLong) {
            try Built("name", .equals, .text(String(repeating: "x", count: 5_000)))
        }
    }

    @Test func `the text is what the platform documents`() throws {
        let eu = try Built("region", .equals, "EU")
        let many = try Built("qty", .greater, 5)
        #expect(try eu.and(many).text == "(region='EU') and (qty>5)")
        #expect(
            try eu.or(many).and(.isNull("tag")).text
                == "((region='EU') or (qty>5)) and (tag is null)"
        )
        #expect(
            try eu.and(many).and(.isNotNull("tag")).text
                == "(region='EU') and (qty>5) and (tag is not null)"
        )
        #expect(try Built.not(many).text == "not (qty>5)")
        #expect(try Built("name", .equals, "'quoted'").text == "name=\"'quoted'\"")
        #expect(try Built("active", .equals, true).text == "active=1")
        #expect(throws: FilterRefusal.grouping) { try Built.not(eu).and(many) }
        #expect(throws: FilterRefusal.grouping) { try Built.not(eu.and(many)) }
    }

    @Test(arguments: ["", "a b", "a=1", "1a", "a'", "a.b", "naïve", "a)"])
    func `a field's name is letters, digits and underscores`(_ name: String) {
        #expect(FieldName(name) == nil)
    }

    @Test(arguments: ["", ".", "..", "a/b", "a?b", "a%2fb", "a..b", " a", "é", "a\n"])
    func `a part of an address cannot leave its place`(_ name: String) {
        #expect(ResourceName(name) == nil)
    }
}
