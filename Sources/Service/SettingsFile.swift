import Foundation
import JSON

/// A JSON file of settings, with those of named environments under `environments`.
struct SettingsFile {
    let values: [String: String]
    let environments: [String: [String: String]]

    init(_ path: String) throws(ConfigurationError) {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("The configuration file \(path) cannot be read.")
        }
        guard var members = (try? JSONValue(parsing: bytes))?.object else {
            throw ConfigurationError(
                "The configuration file \(path) is not a JSON object of names and values."
            )
        }
        var environments: [String: [String: String]] = [:]
        if let value = members.removeValue(forKey: "environments") {
            guard let named = value.object else {
                throw ConfigurationError(
                    "\(path): environments must be an object of names, each with its settings."
                )
            }
            for (name, settings) in named {
                guard let settings = settings.object, Self.isName(name) else {
                    throw ConfigurationError(
                        "\(path): each environment is a name of letters, digits, - and _, and an "
                            + "object of settings."
                    )
                }
                environments[name] = try Self.settings(settings, path)
            }
        }
        self.environments = environments
        values = try Self.settings(members, path)
    }

    /// What cannot be taken for an option or a file.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first != UInt8(ascii: "-") else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
    }

    private static func settings(
        _ members: [String: JSONValue],
        _ path: String
    ) throws(ConfigurationError) -> [String: String] {
        var values: [String: String] = [:]
        for (name, value) in members {
            guard Settings.names.contains(Settings.base(name)) else {
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
}
