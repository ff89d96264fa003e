import Foundation

/// Writes values so that the platform reads back exactly them, or refuses.
enum FilterText {
    /// Every sign and word that the platform or an earlier version of it searches, in its order.
    ///
    /// It takes the first of this list that occurs anywhere, not the one that occurs first.
    private static let signs = [">=", "<=", "!=", "<>", "=", ">", "<"]
    private static let words = [
        " gte ", " lte ", " ne ", " eq ", " gt ", " lt ", " not in ", " in ", " all ",
        " not like ", " like ", " starts with ", " ends with ", " contains ", " is not null",
        " is null", " between ",
    ]

    /// A value in quotes, or in digits.
    static func value(
        _ value: FilterValue,
        after operation: String
    ) throws(FilterRefusal) -> String {
        switch value {
        case .integer(let number): return String(number)
        case .bool(let flag): return flag ? "1" : "0"
        case .number(let number):
            let text = number.description
            guard number.isFinite, !text.contains("e") else { throw .notANumber }
            return text
        case .text(let text):
            try check(text, after: operation)
            return try quoted(text)
        }
    }

    /// A value without quotes, as `contains`, `starts with` and `ends with` need it.
    static func bare(_ text: String, after operation: String) throws(FilterRefusal) -> String {
        try check(text, after: operation)
        guard !text.unicodeScalars.contains(where: { $0 == "%" || $0 == "_" }) else {
            throw .holdsWildcard
        }
        let unfit = CharacterSet.whitespacesAndNewlines.union(CharacterSet(charactersIn: "'\"`"))
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
            !unfit.contains(first), !unfit.contains(last),
            !text.unicodeScalars.contains(where: { $0 == "(" || $0 == ")" }),
            // A mark that joins the space before it, or one that joins a bracket after it.
            (" " + text).dropFirst().utf8.elementsEqual(text.utf8),
            (text + ")").dropLast().utf8.elementsEqual(text.utf8)
        else { throw .notBare }
        return text
    }

    private static func check(_ text: String, after operation: String) throws(FilterRefusal) {
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw .holdsControl }
        let searched = Searched(text)
        guard !text.utf8.contains(UInt8(ascii: "{")), !searched.holds(":user_id") else {
            throw .holdsLookup
        }
        for sign in earlier(than: operation) where searched.holds(sign) {
            throw .holdsOperator(sign.trimmingCharacters(in: .whitespaces))
        }
        guard !holdsJoin(text) else { throw .holdsJoin }
        guard hasPairedBrackets(text) else { throw .holdsBracket }
    }

    /// Whether there are as many closing as opening brackets, none of them joined by a mark: some
    /// versions read bytes, others whole characters.
    private static func hasPairedBrackets(_ text: String) -> Bool {
        let opening = text.utf8.count { $0 == UInt8(ascii: "(") }
        let closing = text.utf8.count { $0 == UInt8(ascii: ")") }
        guard opening == closing else { return false }
        return opening == 0
            || (text.count { $0 == "(" } == opening && text.count { $0 == ")" } == closing)
    }

    /// A text as it may be searched: as bytes, and folded as Foundation and others fold it.
    private struct Searched {
        let forms: [[UInt8]]

        init(_ text: String) {
            let plain = text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            guard !text.utf8.allSatisfy({ $0 < 0x80 }) else {
                forms = [plain]
                return
            }
            let folded = text.decomposedStringWithCanonicalMapping
                .folding(options: .caseInsensitive, locale: nil).lowercased()
            forms = [plain, Array(folded.utf8)]
        }

        func holds(_ sign: String) -> Bool {
            let sought = Array(sign.utf8)
            return forms.contains { FilterText.contains($0, sought) }
        }
    }

    /// The signs and words that would be found before the one that is meant.
    private static func earlier(than operation: String) -> [String] {
        // A word is searched after all signs, and which word is found first differs by version.
        guard let index = signs.firstIndex(of: operation) else { return signs + words }
        return operation == "=" ? [">=", "<=", "!=", "<>"] : Array(signs[..<index])
    }

    fileprivate static func contains(_ bytes: [UInt8], _ sought: [UInt8]) -> Bool {
        guard bytes.count >= sought.count else { return false }
        return (0...(bytes.count - sought.count)).contains { start in
            bytes[start] == sought[0]
                && bytes[start..<(start + sought.count)].elementsEqual(sought)
        }
    }

    /// Whether a closing bracket, a join, and an opening bracket follow each other, with whatever
    /// space between them.
    private static func holdsJoin(_ text: String) -> Bool {
        guard text.utf8.contains(UInt8(ascii: ")")), text.utf8.contains(UInt8(ascii: "(")) else {
            return false
        }
        return text.range(
            of: "\\)\\s*(and|or|nor|xor|not|&&|\\|\\|)[\\s(]",
            options: [.regularExpression, .caseInsensitive]
        ) != nil
    }

    /// The value in the kind of quote that it neither begins nor ends with: the platform strips
    /// every quote of that kind from both ends.
    private static func quoted(_ text: String) throws(FilterRefusal) -> String {
        for quote in ["'", "\""] {
            let written = quote + text + quote
            guard !text.hasPrefix(quote), !text.hasSuffix(quote),
                text.unicodeScalars.first != quote.unicodeScalars.first,
                text.unicodeScalars.last != quote.unicodeScalars.first,
                // A mark that joins the quote before it, or one that joins what follows.
                written.hasPrefix(quote), written.hasSuffix(quote),
                written.dropFirst().dropLast().utf8.elementsEqual(text.utf8)
            else { continue }
            return written
        }
        throw .quotes
    }
}
