import JSON

extension JSONValue {
    /// The paths of all members, those of lists' elements by their index.
    var paths: [[String]] {
        switch self {
        case .object(let members):
            members.keys.sorted().flatMap { name in
                [[name]] + (members[name] ?? nil).paths.map { [name] + $0 }
            }
        case .array(let elements):
            elements.enumerated().flatMap { index, element in
                [["\(index)"]] + element.paths.map { ["\(index)"] + $0 }
            }
        default: []
        }
    }

    /// The value with another at a path of member names and indices; nil takes the member away.
    func replacing(_ path: ArraySlice<String>, by value: JSONValue?) -> JSONValue {
        guard let name = path.first else { return value ?? nil }
        switch self {
        case .object(var members):
            members[name] =
                path.count == 1
                ? value : (members[name] ?? nil).replacing(path.dropFirst(), by: value)
            return .object(members)
        case .array(var elements):
            guard let index = Int(name) else { return self }
            elements[index] = elements[index].replacing(path.dropFirst(), by: value)
            return .array(elements)
        default: return self
        }
    }

    /// The value with another at a path in the notation of faults, without indices.
    func replacing(_ path: String, by value: JSONValue?) -> JSONValue {
        replacing(path.split(separator: ".").map(String.init)[...], by: value)
    }
}
