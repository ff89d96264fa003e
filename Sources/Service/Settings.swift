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
    package static let names = [
        "TOLLGATE_DATABASE", "TOLLGATE_LISTEN", "TOLLGATE_MODE", "TOLLGATE_MASTER_KEY",
        "TOLLGATE_MASTER_KEYS_OLD", "TOLLGATE_CLAIM_WINDOW", "TOLLGATE_SOCKET",
        "TOLLGATE_SOCKET_GROUP", "DREAMFACTORY_URL", "DREAMFACTORY_PUBLIC_URL",
        "DREAMFACTORY_EMAIL", "DREAMFACTORY_PASSWORD", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_KEY",
        "STRIPE_API_URL", "STRIPE_TOLERANCE", "STRIPE_SILENCE", "STRIPE_RECONCILE",
        "TOLLGATE_TRUSTED_PROXIES", "TOLLGATE_WEBHOOKS_IN_FLIGHT", "TOLLGATE_CONNECTIONS",
        "TOLLGATE_CONNECTIONS_PER_ADDRESS",
    ]

    private let values: [String: String]

    /// Reads the environment and, where a path is given, a JSON file.
    package init(
        environment: [String: String],
        file path: String? = nil
    ) throws(ConfigurationError) {
        var values = try path.map { path throws(ConfigurationError) in try Self.file(path) } ?? [:]
        for (name, value) in environment where !value.isEmpty {
            let base = name.hasSuffix("_FILE") ? String(name.dropLast(5)) : name
            guard Self.names.contains(base) else { continue }
            // The environment wins over the file as a whole, in whichever of the two forms.
            values[base] = nil
            values["\(base)_FILE"] = nil
        }
        for (name, value) in environment where !value.isEmpty {
            let base = name.hasSuffix("_FILE") ? String(name.dropLast(5)) : name
            if Self.names.contains(base) { values[name] = value }
        }
        self.values = try Self.resolved(values)
    }

    /// A value that is set and not empty.
    package subscript(_ name: String) -> String? {
        assert(Self.names.contains(name), "\(name) is not among the names of settings.")
        return values[name]
    }

    private static func file(_ path: String) throws(ConfigurationError) -> [String: String] {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("The configuration file \(path) cannot be read.")
        }
        guard let members = (try? JSONValue(parsing: bytes))?.object else {
            throw ConfigurationError(
                "The configuration file \(path) is not a JSON object of names and values."
            )
        }
        var values: [String: String] = [:]
        for (name, value) in members {
            let base = name.hasSuffix("_FILE") ? String(name.dropLast(5)) : name
            guard names.contains(base) else {
                throw ConfigurationError(
                    "\(name) is no setting of Tollgate: remove it from the file \(path)."
                )
            }
            switch value {
            case .string(let text): values[name] = text.isEmpty ? nil : text
            case .integer(let number): values[name] = String(number)
            default:
                throw ConfigurationError(
                    "\(name) in the file \(path) must be a text or a whole number."
                )
            }
        }
        return values
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
