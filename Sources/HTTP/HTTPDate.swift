import Glibc

/// Times as HTTP writes them (IMF-fixdate, RFC 9110 §5.6.7).
package enum HTTPDate {
    /// The text of a time, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static func text(unixSeconds: Int) -> String {
        var seconds = time_t(unixSeconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let day = days[Int(parts.tm_wday)]
        let month = months[Int(parts.tm_mon)]
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(twoDigits)
        let date = "\(twoDigits(parts.tm_mday)) \(month) \(parts.tm_year + 1900)"
        return "\(day), \(date) \(clock.joined(separator: ":")) GMT"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func twoDigits(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
