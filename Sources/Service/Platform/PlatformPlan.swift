package import JSON

/// What must be done at a platform so that it is as a picture says, in the order of doing it.
package struct PlatformPlan: Sendable {
    /// What is done with a record.
    package enum Action: String, Hashable, Sendable {
        case create, update, delete
    }

    /// One step.
    package struct Step: Hashable, Sendable {
        /// What is done.
        package let action: Action
        /// With what kind of record.
        package let kind: PlatformPicture.Kind
        /// With which.
        package let key: String

        /// The step in words.
        package var text: String { "\(action.rawValue) \(kind.noun) \(key)" }

        /// The step as JSON.
        package var json: JSONValue {
            [
                "action": .string(action.rawValue), "kind": .string(kind.noun),
                "record": .string(key),
            ]
        }
    }

    /// The steps: what others refer to comes first, and is deleted last.
    package let steps: [Step]
    /// What differs and is left as it is, each in a sentence.
    package let kept: [String]

    /// How many records are deleted.
    package var deletions: Int { steps.count { $0.action == .delete } }

    init(from live: LivePlatform, to wanted: PlatformPicture, prune: Bool) {
        var steps: [Step] = []
        var deletions: [Step] = []
        var kept: [String] = []
        for kind in PlatformPicture.Kind.allCases {
            let (has, wants) = (live.picture.records[kind] ?? [:], wanted.records[kind] ?? [:])
            for (key, fields) in wants.sorted(by: { $0.key < $1.key }) where has[key] != fields {
                let step = Step(action: has[key] == nil ? .create : .update, kind: kind, key: key)
                if let reason = Self.reason(against: step, live, has[key] ?? [:], fields) {
                    kept.append(reason)
                } else {
                    steps.append(step)
                }
            }
            guard prune else { continue }
            for key in has.keys.sorted() where wants[key] == nil {
                if live.guarded[kind]?.contains(key) == true {
                    kept.append("The \(kind.noun) \(key) is never deleted here.")
                } else {
                    deletions.insert(Step(action: .delete, kind: kind, key: key), at: 0)
                }
            }
        }
        self.steps = steps + deletions
        self.kept = kept
    }

    /// Why a step is not made at all.
    private static func reason(
        against step: Step,
        _ live: LivePlatform,
        _ has: [String: JSONValue],
        _ wants: [String: JSONValue]
    ) -> String? {
        guard step.action == .update else { return nil }
        if step.kind == .services, has["type"]?.string == "system" {
            return
                "The service \(step.key) is the platform's own administration: change it by hand."
        }
        if step.kind == .services, has["type"] != wants["type"] {
            return "The service \(step.key) is of another type: delete it by hand first."
        }
        if live.guarded[step.kind]?.contains(step.key) == true, wants["is_active"] != true,
            has["is_active"] == true
        {
            return "The \(step.kind.noun) \(step.key) must stay active: change it by hand."
        }
        var rest = (has, wants)
        rest.0["secrets"] = nil
        rest.1["secrets"] = nil
        guard rest.0 != rest.1 else {
            return "The secrets of the service \(step.key) are in no file: set them by hand."
        }
        return nil
    }
}
