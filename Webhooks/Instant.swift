import JSON

package import struct Foundation.Date

extension Field {
    /// A time in the text of RFC 3339, with any number of fraction digits.
    ///
    /// It is cut to whole milliseconds, as they are stored, so that two times never change their
    /// order by being stored.
    package func instant() throws(FieldFault) -> Date {
        guard let text = value?.string, let time = Instant.date(text) else {
            throw isAbsent ? fault("is missing") : fault("is not a time of RFC 3339")
        }
        return time
    }
}

/// Times in text, by RFC 3339 §5.6.
enum Instant {
    private static let byteCountMax = 40

    /// The time; nil where the text is none, or is before 1970.
    static func date(_ text: String) -> Date? {
        let bytes = Array(text.utf8.prefix(byteCountMax + 1))
        guard (20...byteCountMax).contains(bytes.count),
            let year = number(bytes, 0..<4), let month = number(bytes, 5..<7),
            let day = number(bytes, 8..<10), let hour = number(bytes, 11..<13),
            let minute = number(bytes, 14..<16), let second = number(bytes, 17..<19),
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            (1...12).contains(month), (1...dayCount(year, month)).contains(day),
            hour < 24, minute < 60, second <= 60,
            let (milliseconds, rest) = fraction(bytes[19...]),
            let offset = offset(rest)
        else { return nil }
        let days = days(year, month, day)
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        guard seconds >= 0 else { return nil }
        return Date(timeIntervalSince1970: Double(seconds * 1_000 + milliseconds) / 1_000)
    }

    private static func number(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        number(bytes[range])
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { 10 * $0 + Int($1 - 0x30) }
    }

    /// The milliseconds of a fraction, and what follows it.
    private static func fraction(_ bytes: ArraySlice<UInt8>) -> (Int, ArraySlice<UInt8>)? {
        guard bytes.first == UInt8(ascii: ".") else { return (0, bytes) }
        let digits = bytes.dropFirst().prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        let padded = ArraySlice(Array(digits.prefix(3)) + Array("00".utf8)).prefix(3)
        guard let milliseconds = number(padded) else { return nil }
        return (milliseconds, bytes.dropFirst(1 + digits.count))
    }

    /// Minutes east of Greenwich.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int? {
        let bytes = Array(bytes)
        guard bytes != Array("Z".utf8), bytes != Array("z".utf8) else { return 0 }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"),
            let hours = number(bytes, 1..<3), let minutes = number(bytes, 4..<6),
            hours < 24, minutes < 60
        else { return nil }
        switch bytes[0] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    /// The days since 1970-01-01 in the Gregorian calendar, by years that begin in March.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }

    private static func dayCount(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
