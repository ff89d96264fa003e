import JSON

/// The plans of a catalogue file, checked.
package struct Catalogue: Hashable, Sendable {
    /// The plans in the order of the file.
    package let plans: [Plan]

    /// Reads a catalogue file.
    ///
    /// Throws ``CatalogueError`` with the path of the first fault.
    package init(parsing bytes: some Sequence<UInt8>) throws(CatalogueError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw CatalogueError(path: "", reason: "the file is not JSON")
        }
        var root = try CatalogueObject(value, path: "")
        let entries = try root.array("plans")
        try root.refuseUnknown()
        var plans: [Plan] = []
        for (index, entry) in entries.enumerated() {
            plans.append(try Plan(catalogue: entry, path: "plans[\(index)]"))
        }
        self.plans = plans
        try refuseTwins()
        try refuseUnknownProviders()
    }

    /// A price under a name that no provider has would never be sold, and nobody would say why.
    private func refuseUnknownProviders() throws(CatalogueError) {
        for (index, plan) in plans.enumerated() {
            let unknown = Set(plan.prices.keys.map(\.rawValue))
                .subtracting(Provider.sellers.map(\.rawValue))
            guard let name = unknown.min() else { continue }
            let names = Provider.sellers.map(\.rawValue).joined(separator: ", ")
            throw CatalogueError(
                path: "plans[\(index)].prices.\(name)",
                reason: "a provider is one of \(names)"
            )
        }
    }

    private func refuseTwins() throws(CatalogueError) {
        var ids: Set<Plan.ID> = []
        var owners: [Provider: [String: Plan.ID]] = [:]
        for (index, plan) in plans.enumerated() {
            guard ids.insert(plan.id).inserted else {
                throw CatalogueError(
                    path: "plans[\(index)].id",
                    reason: "two plans are called \(plan.id)"
                )
            }
            for (provider, prices) in plan.prices {
                for (place, price) in prices.enumerated() {
                    if let owner = owners[provider]?[price] {
                        throw CatalogueError(
                            path: "plans[\(index)].prices.\(provider)[\(place)]",
                            reason: "the price \(price) already belongs to the plan \(owner)"
                        )
                    }
                    owners[provider, default: [:]][price] = plan.id
                }
            }
        }
    }
}

/// A fault of a catalogue file, with its place.
package struct CatalogueError: Error, Hashable, CustomStringConvertible {
    /// Where it is, for example `plans[0].limits[1].rate`; empty for the whole file.
    package let path: String
    /// What is wrong, in one clause.
    package let reason: String

    /// One sentence with the place.
    package var description: String {
        path.isEmpty ? "The catalogue cannot be read: \(reason)." : "\(path): \(reason)."
    }
}

/// An object of the catalogue that knows its path and which members were asked for.
struct CatalogueObject {
    private var members: [String: JSONValue]
    let path: String

    init(_ value: JSONValue, path: String) throws(CatalogueError) {
        guard let members = value.object else {
            throw CatalogueError(path: path, reason: "an object is expected here")
        }
        self.members = members
        self.path = path
    }

    func place(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    func fault(_ name: String, _ reason: String) -> CatalogueError {
        CatalogueError(path: place(of: name), reason: reason)
    }

    /// Takes a member out; nil where there is none.
    mutating func take(_ name: String) -> JSONValue? { members.removeValue(forKey: name) }

    mutating func string(_ name: String) throws(CatalogueError) -> String {
        guard let text = take(name)?.string, !text.isEmpty else {
            throw fault(name, "a text is expected here")
        }
        return text
    }

    mutating func array(_ name: String) throws(CatalogueError) -> [JSONValue] {
        guard let elements = take(name)?.array else {
            throw fault(name, "a list is expected here")
        }
        return elements
    }

    mutating func flag(_ name: String) throws(CatalogueError) -> Bool {
        guard let value = take(name) else { return false }
        guard let flag = value.bool else { throw fault(name, "true or false is expected here") }
        return flag
    }

    func refuseUnknown() throws(CatalogueError) {
        guard let name = members.keys.min() else { return }
        throw fault(name, "this field is not known")
    }
}
