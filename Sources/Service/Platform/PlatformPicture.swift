import Foundation
package import JSON

/// What a platform is set up as, without ids, keys and secrets: services, roles, apps and limits.
///
/// Equal platforms give equal bytes, whatever their ids are, so that a picture can stand in git.
/// Whatever has a name of Tollgate's own is not in it.
package struct PlatformPicture: Hashable, Sendable {
    /// The kinds of records, each after what it refers to.
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case services, roles, apps, limits

        /// What one of them is called.
        package var noun: String { String(rawValue.dropLast()) }
    }

    /// What begins the names that are Tollgate's own.
    static let ownPrefix = "tollgate-"
    private static let format: JSONValue = "tollgate platform 1"

    /// The fields of each record, by what it is known by on every platform.
    package internal(set) var records: [Kind: [String: [String: JSONValue]]] = [:]

    init() {}

    /// Reads what ``text`` wrote.
    package init(parsing bytes: [UInt8]) throws(PictureError) {
        guard let members = (try? JSONValue(parsing: bytes))?.object,
            members["format"] == Self.format
        else { throw PictureError("The file is no export of tollgate platform export.") }
        for kind in Kind.allCases {
            guard let list = members[kind.rawValue]?.array else {
                throw PictureError("The file has no list \(kind.rawValue): export it again.")
            }
            for record in list {
                guard let fields = record.object, let key = Self.key(kind, fields) else {
                    throw PictureError("The file has a \(kind.noun) without a name: name it.")
                }
                guard fields.keys.allSatisfy(Self.known(kind).contains) else {
                    throw PictureError(
                        "The file's \(kind.noun) \(key) has a field that is not known: remove it."
                    )
                }
                guard records[kind]?[key] == nil else {
                    throw PictureError("The file has the \(kind.noun) \(key) twice: remove one.")
                }
                add(kind, fields)
            }
        }
    }

    /// Takes a record in, unless it is Tollgate's own.
    mutating func add(_ kind: Kind, _ fields: [String: JSONValue]) {
        guard let key = Self.key(kind, fields), !Self.isOwn(fields) else { return }
        var fields = fields.filter { !$0.value.isNull && $0.value != "" }
        if let rules = fields["rules"]?.array {
            fields["rules"] = .array(
                rules.map { ($0.text(), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
            )
        }
        records[kind, default: [:]][key] = fields
    }

    /// The picture as JSON with sorted members and lists, spread out, to be compared by line.
    package var text: String {
        var members: [String: JSONValue] = ["format": Self.format]
        for kind in Kind.allCases {
            let sorted = (records[kind] ?? [:]).sorted { $0.key < $1.key }
            members[kind.rawValue] = .array(sorted.map { .object($0.value) })
        }
        return JSONValue.object(members).text(pretty: true) + "\n"
    }

    static func isOwn(_ fields: [String: JSONValue]) -> Bool {
        ["name", "role"].contains { fields[$0]?.string?.hasPrefix(ownPrefix) == true }
    }

    /// A name; of a limit what the platform keeps unique, since its name is not.
    static func key(_ kind: Kind, _ fields: [String: JSONValue]) -> String? {
        guard kind == .limits else {
            return fields["name"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let type = fields["type"]?.string, let period = fields["period"]?.string else {
            return nil
        }
        let parts = ["role", "service", "user", "endpoint", "verb"].compactMap { name in
            fields[name]?.string.map { "\(name) \($0)" }
        }
        return ([type, period] + parts).joined(separator: ", ")
    }

    static func known(_ kind: Kind) -> Set<String> {
        switch kind {
        case .services: ["name", "label", "description", "type", "is_active", "config", "secrets"]
        case .roles: ["name", "description", "is_active", "rules"]
        case .apps:
            [
                "name", "description", "is_active", "type", "path", "url", "role",
                "storage_service", "storage_container", "requires_fullscreen",
                "allow_fullscreen_toggle", "toggle_location",
            ]
        case .limits:
            [
                "name", "description", "is_active", "type", "rate", "period", "role", "service",
                "user", "endpoint", "verb",
            ]
        }
    }
}

/// Why a file or a platform gives no picture, in one sentence.
package struct PictureError: Error, Hashable, CustomStringConvertible {
    /// The sentence.
    package let description: String

    init(_ description: String) { self.description = description }
}
