package import JSON

/// One thing in which two pictures differ.
package struct PictureDifference: Hashable, Sendable {
    /// The kind of record.
    package let kind: PlatformPicture.Kind
    /// What the record is known by.
    package let key: String
    /// The field, with its place inside; nil where one side has no such record.
    package let field: String?
    /// What the first has; nil where it has nothing.
    package let left: JSONValue?
    /// What the second has; nil where it has nothing.
    package let right: JSONValue?

    /// The difference as JSON.
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "kind": .string(kind.noun), "record": .string(key), "left": left ?? .null,
            "right": right ?? .null,
        ]
        if let field { members["field"] = .string(field) }
        return .object(members)
    }
}

extension PlatformPicture {
    /// In what another picture differs from this one, field by field, in the order of the kinds.
    package func differences(from other: PlatformPicture) -> [PictureDifference] {
        Kind.allCases.flatMap { kind -> [PictureDifference] in
            let (left, right) = (records[kind] ?? [:], other.records[kind] ?? [:])
            return Set(left.keys).union(right.keys).sorted().flatMap { key in
                Self.compare(kind, key, left[key], right[key])
            }
        }
    }

    private static func compare(
        _ kind: Kind,
        _ key: String,
        _ left: [String: JSONValue]?,
        _ right: [String: JSONValue]?
    ) -> [PictureDifference] {
        guard let left, let right else {
            return [
                PictureDifference(
                    kind: kind,
                    key: key,
                    field: nil,
                    left: left.map(JSONValue.object),
                    right: right.map(JSONValue.object)
                )
            ]
        }
        return fields(kind, key, "", left, right)
    }

    private static func fields(
        _ kind: Kind,
        _ key: String,
        _ path: String,
        _ left: [String: JSONValue],
        _ right: [String: JSONValue]
    ) -> [PictureDifference] {
        Set(left.keys).union(right.keys).sorted().flatMap { name -> [PictureDifference] in
            let (old, new) = (left[name], right[name])
            guard old != new else { return [] }
            if let old = old?.object, let new = new?.object {
                return fields(kind, key, "\(path)\(name).", old, new)
            }
            if kind == .roles, name == "rules" {
                let (old, new) = (old?.array ?? [], new?.array ?? [])
                return old.without(new).map {
                    PictureDifference(kind: kind, key: key, field: "rule", left: $0, right: nil)
                }
                    + new.without(old).map {
                        PictureDifference(kind: kind, key: key, field: "rule", left: nil, right: $0)
                    }
            }
            return [
                PictureDifference(
                    kind: kind,
                    key: key,
                    field: path + name,
                    left: old,
                    right: new
                )
            ]
        }
    }
}

extension [JSONValue] {
    /// The elements that another list lacks; one that is there twice is two.
    func without(_ other: [JSONValue]) -> [JSONValue] {
        var rest = other
        return filter { element in
            guard let index = rest.firstIndex(of: element) else { return true }
            rest.remove(at: index)
            return false
        }
    }
}
