/// A variable of the environment that looks like a setting and is none.
///
/// Nobody heeds it, so that a slip of the finger leaves a limit or a key as it was.
package struct UnknownSetting: Hashable, Sendable {
    /// Its name.
    package let name: String
    /// The setting that it most probably stands for.
    package let nearest: String?

    /// What is wrong with it and what to do, without its value.
    package var sentence: String {
        let hint =
            nearest.map { "it is most like \($0): rename it, or remove it" } ?? "remove it"
        return "\(name) is no setting of Tollgate and is not heeded; \(hint)."
    }

    /// The same among what the doctor found.
    package var finding: Finding {
        Finding(
            "settings",
            .grave,
            "\(name) is no setting of Tollgate and is not heeded.",
            nearest.map { "rename it to \($0), or remove it" } ?? "remove it"
        )
    }

    /// All of an environment, by name.
    package static func all(in environment: [String: String]) -> [UnknownSetting] {
        environment.filter { isUnknown($0.key, $0.value) }.keys.sorted().map { name in
            UnknownSetting(name: name, nearest: nearest(to: name))
        }
    }

    private static let prefix = "TOLLGATE_"
    /// Variables of the tests, which commands that they start may inherit.
    private static let tests: Set = ["TOLLGATE_FUZZ_SECONDS", "TOLLGATE_TEST_SEED"]

    private static func isUnknown(_ name: String, _ value: String) -> Bool {
        name.hasPrefix(prefix) && !value.isEmpty && !tests.contains(name)
            && !Settings.names.contains(Settings.base(name)) && !isOfAnOrchestrator(name, value)
    }

    /// Kubernetes and Docker tell every container of a service `tollgate` where it is.
    private static func isOfAnOrchestrator(_ name: String, _ value: String) -> Bool {
        let rest = name.dropFirst(prefix.count - 1)
        return rest.hasSuffix("_SERVICE_HOST") || rest.contains("_SERVICE_PORT")
            || rest.contains(/_PORT_[0-9]+_(TCP|UDP|SCTP)/)
            || (rest.hasSuffix("_PORT") && value.contains("://"))
    }

    /// Compared without what all names begin with, which would make them all alike.
    private static func nearest(to name: String) -> String? {
        let base = Settings.base(name)
        let known = Settings.names.filter { $0.hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.count)) }
        return nearestName(to: String(base.dropFirst(prefix.count)), among: known)
            .map { prefix + $0 + (base == name ? "" : "_FILE") }
    }
}

extension Configuration {
    /// Refuses an environment with a setting that nobody heeds.
    package static func refuseUnknownSettings(
        _ environment: [String: String]
    ) throws(ConfigurationError) {
        guard let first = UnknownSetting.all(in: environment).first else { return }
        throw ConfigurationError(first.sentence)
    }
}
