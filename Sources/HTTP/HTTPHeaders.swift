/// Header fields in the order they came or will be sent; names compare without regard to case
/// (RFC 9110 §5.1).
package struct HTTPHeaders: Sendable, Equatable {
    /// One field line.
    package struct Field: Sendable, Equatable {
        /// The name as it was written.
        package var name: String
        /// The value without the white space around it.
        package var value: String
    }

    /// All field lines, in order.
    package private(set) var fields: [Field] = []

    /// Makes an empty list.
    package init() {}

    /// The value of the first field of that name; nil where there is none.
    ///
    /// Setting replaces every field of that name, setting nil removes them.
    package subscript(_ name: String) -> String? {
        get { fields.first { $0.name.isEqualIgnoringCase(to: name) }?.value }
        set {
            fields.removeAll { $0.name.isEqualIgnoringCase(to: name) }
            guard let newValue else { return }
            fields.append(Field(name: name, value: newValue))
        }
    }

    /// The values of all fields of that name, in order.
    package func values(_ name: String) -> [String] {
        fields.compactMap { $0.name.isEqualIgnoringCase(to: name) ? $0.value : nil }
    }

    /// How many fields have that name.
    func count(of name: String) -> Int {
        fields.count { $0.name.isEqualIgnoringCase(to: name) }
    }

    /// Makes room for that many fields in all.
    mutating func reserveCapacity(_ count: Int) { fields.reserveCapacity(count) }

    /// Adds a field after the others, beside any of the same name.
    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    /// Makes the list from a literal; a name may stand twice.
    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }
}

extension HTTPHeaders {
    /// Whether a comma-separated field holds this token (RFC 9110 §5.6.1), without regard to case.
    package func hasToken(_ token: String, in name: String) -> Bool {
        fields.contains { field in
            field.name.isEqualIgnoringCase(to: name)
                && field.value.utf8.split(separator: UInt8(ascii: ",")).contains { element in
                    element.trimmingSpace().elementsEqual(token.utf8) {
                        $0.lowercased == $1.lowercased
                    }
                }
        }
    }
}

extension String {
    /// Compares ASCII letters without regard to case and everything else byte by byte, without
    /// making another string.
    func isEqualIgnoringCase(to other: String) -> Bool {
        let (mine, others) = (utf8, other.utf8)
        return mine.count == others.count
            && mine.elementsEqual(others) { $0 == $1 || $0.lowercased == $1.lowercased }
    }
}

extension BidirectionalCollection where Element == UInt8 {
    /// The bytes without spaces and tabs at either end (OWS, RFC 9110 §5.6.3).
    func trimmingSpace() -> SubSequence {
        guard let first = firstIndex(where: { !$0.isSpace }),
            let last = lastIndex(where: { !$0.isSpace })
        else { return self[endIndex..<endIndex] }
        return self[first...last]
    }
}
