package import JSON
import Subscriptions

package import struct Foundation.Date

/// A place in a provider's event, which remembers its path so that a fault can name it.
package struct Field: Sendable {
    /// The longest e-mail address that is taken, in bytes (RFC 5321 §4.5.3.1: 64 + 1 + 255).
    private static let emailByteCountMax = 320
    /// The last second of the year 9999; a later date is a mistake.
    private static let secondsMax: Int64 = 253_402_300_799

    /// The value, or nil where there is none.
    package let value: JSONValue?
    /// The way to it, as `data.object.items.data[0].price.id`.
    package let path: String
    /// Whether it stands in an answer of the provider's API, which can be asked for anew.
    private let isFetched: Bool

    /// Starts at the top of an event.
    package init(_ value: JSONValue) { self.init(value, path: "", isFetched: false) }

    /// Starts at the top of an answer.
    init(_ fetched: FetchedObject) { self.init(fetched.value, path: "", isFetched: true) }

    private init(_ value: JSONValue?, path: String, isFetched: Bool) {
        self.value = value
        self.path = path
        self.isFetched = isFetched
    }

    /// The member of that name.
    package subscript(_ name: String) -> Field {
        Field(
            value?[name],
            path: path.isEmpty ? name : "\(path).\(name)",
            isFetched: isFetched
        )
    }

    /// Whether there is no value, or `null`.
    package var isAbsent: Bool { value == nil || value == .null }

    /// The field itself, or nil where there is no value, or `null`.
    package var present: Field? { isAbsent ? nil : self }
}

extension Field {
    /// An id: opaque text of 1 to 255 bytes.
    package func id() throws(FieldFault) -> String {
        guard let text = try some().string,
            (1...EventIdentity.byteCountMax).contains(text.utf8.count)
        else { throw fault("is not text of 1 to \(EventIdentity.byteCountMax) bytes") }
        return text
    }

    /// The id of an object that stands here itself or by its id.
    package func reference() throws(FieldFault) -> String {
        value?.object == nil ? try id() : try self["id"].id()
    }

    /// One of the provider's words.
    package func word() throws(FieldFault) -> String { try id() }

    /// An e-mail address; nil where there is none.
    package func email() throws(FieldFault) -> String? {
        guard !isAbsent else { return nil }
        guard let text = value?.string, text.utf8.count <= Self.emailByteCountMax else {
            throw fault("is not text of at most \(Self.emailByteCountMax) bytes")
        }
        return text.isEmpty ? nil : text
    }

    /// The first e-mail address among fields, of which each may be without one.
    package static func email(in fields: Field...) throws(FieldFault) -> String? {
        for field in fields {
            if let email = try field.email() { return email }
        }
        return nil
    }

    /// A truth value.
    package func flag() throws(FieldFault) -> Bool {
        guard let flag = try some().bool else { throw fault("is neither true nor false") }
        return flag
    }

    /// A whole number from `range`.
    package func integer(in range: ClosedRange<Int64>) throws(FieldFault) -> Int64 {
        guard let number = try some().integer, range.contains(number) else {
            throw fault("is not a whole number of \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A time in Unix seconds.
    package func time() throws(FieldFault) -> Date {
        guard let seconds = try some().integer, (0...Self.secondsMax).contains(seconds) else {
            throw fault("is not a time in seconds")
        }
        return Date(timeIntervalSince1970: Double(seconds))
    }

    /// The elements of an array.
    package func elements() throws(FieldFault) -> [Field] {
        guard let values = try some().array else { throw fault("is not an array") }
        return values.enumerated().map { index, value in
            Field(value, path: "\(path)[\(index)]", isFetched: isFetched)
        }
    }

    /// Says what is wrong here.
    package func fault(_ problem: String) -> FieldFault {
        FieldFault(path: path, problem: problem, isFetched: isFetched)
    }

    private func some() throws(FieldFault) -> JSONValue {
        guard let value, value != .null else { throw fault("is missing") }
        return value
    }
}

/// A field of a known event that is missing or is not what it should be.
package struct FieldFault: Error, Hashable, Sendable {
    /// The way to the field.
    package let path: String
    /// What is wrong with it, as the rest of a sentence.
    package let problem: String
    /// Whether it stands in an answer of the provider's API and not in the event.
    let isFetched: Bool
}
