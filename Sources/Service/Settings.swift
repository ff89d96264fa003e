import Foundation
import JSON

/// A setting that stops Tollgate, in one sentence that says what to do.
package struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    /// The sentence.
    package let description: String

    init(_ description: String) { self.description = description }
}

/// The settings by name: the environment first, then a JSON file, and every one also as a file
/// named by `NAME_FILE`.
package struct Settings: Sendable {
    /// Every name that is read, in the order of the README.
    package static let names =
        [
            "TOLLGATE_DATABASE", "TOLLGATE_LISTEN", "TOLLGATE_MODE", "TOLLGATE_MASTER_KEY",
            "TOLLGATE_MASTER_KEYS_OLD", "TOLLGATE_CLAIM_WINDOW", "TOLLGATE_SOCKET",
            "TOLLGATE_SOCKET_GROUP", "TOLLGATE_OPERATOR_LISTEN", "DREAMFACTORY_URL",
            "DREAMFACTORY_PUBLIC_URL",
            "DREAMFACTORY_EMAIL", "DREAMFACTORY_PASSWORD", "DREAMFACTORY_API_KEY",
            "TOLLGATE_TRUSTED_PROXIES", "TOLLGATE_WEBHOOKS_IN_FLIGHT", "TOLLGATE_CONNECTIONS",
            "TOLLGATE_CONNECTIONS_PER_ADDRESS", "TOLLGATE_DRIFT",
        ] + KnownProvider.all.flatMap(\.settings)

    private let values: [String: String]
    /// The names of the file's environments, sorted.
    package let environments: [String]

    /// Reads the environment and, where a path is given, a JSON file.
    ///
    /// - Parameters:
    ///   - environment: The variables of the process, which win over the file.
    ///   - path: The file.
    ///   - name: Which of the file's `environments` wins over both; nil takes none.
    /// - Throws: A sentence about a setting that is not known or cannot be read.
    package init(
        environment: [String: String],
        file path: String? = nil,
        named name: String? = nil
    ) throws(ConfigurationError) {
        let file = try path.map { path throws(ConfigurationError) in try SettingsFile(path) }
        let known = environment.filter { Self.names.contains(Self.base($0.key)) }
        var values = Self.merged(file?.values ?? [:], known.filter { !$0.value.isEmpty })
        environments = (file?.environments.keys).map { $0.sorted() } ?? []
        if let name {
            guard let chosen = file?.environments[name] else {
                throw ConfigurationError(Self.unknown(name, path, environments))
            }
            if chosen.keys.contains(where: { Self.base($0) == "DREAMFACTORY_URL" }) {
                // Another platform must not be sent the credentials of this one.
                values = values.filter { !Self.belongsToPlatform($0.key) }
            } else if chosen.keys.contains(where: { Self.isLogin($0) }) {
                values = values.filter { !Self.isLogin($0.key) }
            }
            values = Self.merged(values, chosen)
        }
        self.values = try Self.resolved(values)
        try Self.expectNoStraySpace(self.values)
    }

    /// A path or a secret with a space too many, as a file with other line ends gives it, is another
    /// path and another secret.
    private static func expectNoStraySpace(
        _ values: [String: String]
    ) throws(ConfigurationError) {
        for name in values.keys.sorted() {
            guard let text = values[name],
                text != text.trimmingCharacters(in: .whitespacesAndNewlines)
            else { continue }
            throw ConfigurationError(
                "\(name) begins or ends with white space, which may be the end of a line: remove it."
            )
        }
    }

    static func base(_ name: String) -> String {
        name.hasSuffix("_FILE") ? String(name.dropLast(5)) : name
    }

    /// A setting wins as a whole, in whichever of its two forms.
    private static func merged(
        _ values: [String: String],
        _ winning: [String: String]
    ) -> [String: String] {
        let bases = Set(winning.keys.map(base))
        return values.filter { !bases.contains(base($0.key)) }.merging(winning) { $1 }
    }

    private static func belongsToPlatform(_ name: String) -> Bool {
        name.hasPrefix("DREAMFACTORY_") || base(name) == "TOLLGATE_MODE"
    }

    private static func isLogin(_ name: String) -> Bool {
        ["DREAMFACTORY_EMAIL", "DREAMFACTORY_PASSWORD", "DREAMFACTORY_API_KEY"]
            .contains(base(name))
    }

    private static func unknown(_ name: String, _ path: String?, _ known: [String]) -> String {
        guard let path else {
            return "There is no environment \(name): name a file that has it with --config."
        }
        let list = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
        return "The file \(path) has no environment \(name): \(list)."
    }

    /// A value that is set and not empty.
    package subscript(_ name: String) -> String? {
        assert(Self.names.contains(name), "\(name) is not among the names of settings.")
        return values[name]
    }

    private static func resolved(
        _ values: [String: String]
    ) throws(ConfigurationError) -> [String: String] {
        var resolved = values
        for (name, path) in values where name.hasSuffix("_FILE") {
            let base = String(name.dropLast(5))
            resolved[name] = nil
            guard values[base] == nil else {
                throw ConfigurationError("\(base) and \(name) are both set: remove one of them.")
            }
            guard let bytes = FileManager.default.contents(atPath: path) else {
                throw ConfigurationError("\(name): the file \(path) cannot be read.")
            }
            let text = String(decoding: bytes, as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty else {
                throw ConfigurationError("\(name): the file \(path) is empty.")
            }
            resolved[base] = text
        }
        return resolved
    }
}

extension Settings: CustomStringConvertible, CustomReflectable {
    /// The names that are set, without their values.
    package var description: String { "settings \(values.keys.sorted().joined(separator: ", "))" }

    /// Shows the names only, also to a debugger's dump.
    package var customMirror: Mirror { Mirror(self, children: ["names": values.keys.sorted()]) }
}
