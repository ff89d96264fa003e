extension Unicode.Scalar {
    /// Whether it could steer a terminal or turn its reading direction instead of being shown.
    package var isSteering: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

/// JSON that is on its way to a person.
package enum JSONText {
    /// The same JSON with what could steer a terminal as escapes, which stand for the same.
    ///
    /// Writers escape such characters below U+0020 only.
    package static func withoutSteering(_ json: String) -> String {
        guard json.utf8.contains(where: { $0 > 0x7E }) else { return json }
        var escaped = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            if scalar.value > 0x7E, scalar.isSteering {
                escaped += String(scalar).utf16.map(escape).joined().unicodeScalars
            } else {
                escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
