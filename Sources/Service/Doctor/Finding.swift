package import JSON

/// One thing that the doctor looked at.
package struct Finding: Hashable, Sendable {
    /// How much it matters.
    package enum Level: String, Hashable, Sendable, CaseIterable {
        /// It is as it should be.
        case good
        /// Nothing is wrong, and it should be known.
        case note
        /// It should be changed.
        case warning
        /// Tollgate cannot do its work, or access cannot be ended.
        case grave
    }

    /// What was looked at, in a stable word.
    package let check: String
    /// How much it matters.
    package let level: Level
    /// What was found.
    package let text: String
    /// What to do about it; nil where there is nothing to do.
    package let advice: String?

    init(_ check: String, _ level: Level, _ text: String, _ advice: String? = nil) {
        self.check = check
        self.level = level
        self.text = text
        self.advice = advice
    }

    /// The finding as JSON.
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "check": .string(check), "level": .string(level.rawValue), "found": .string(text),
        ]
        if let advice { members["do"] = .string(advice) }
        return .object(members)
    }
}

/// What the doctor says of one platform.
package struct Diagnosis: Hashable, Sendable {
    /// The findings, in the order in which they were made.
    package var findings: [Finding] = []
    /// The role that an app's key needs, where the caller is one; as `POST system/role` takes it.
    package var role: JSONValue?

    /// Whether anything keeps Tollgate from its work.
    package var isGrave: Bool { findings.contains { $0.level == .grave } }
}
