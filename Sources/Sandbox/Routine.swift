import Foundation
import JSON

/// A stored procedure or function: named SQL that a seed gives to a database.
struct Routine {
    enum Kind: String {
        case procedure = "Procedure"
        case function = "Function"

        /// The resource that serves it.
        var resource: String { self == .procedure ? "_proc" : "_func" }
    }

    struct Parameter {
        let name: String
        let mode: String
        let description: [String: JSONValue]

        var isIn: Bool { mode != "OUT" }
        var isOut: Bool { mode != "IN" }
    }

    let name: String
    let kind: Kind
    let parameters: [Parameter]
    /// Statements with `:name` for the parameters.
    let statements: [String]
    let returnType: String
    /// What the routine raises instead of doing anything.
    let raised: String?

    init?(_ json: JSONValue, kind: Kind) {
        guard let name = json["name"]?.string else { return nil }
        self.name = name
        self.kind = kind
        parameters = (json["params"]?.array ?? []).compactMap { json in
            guard let name = json["name"]?.string else { return nil }
            return Parameter(
                name: name,
                mode: json["param_type"]?.string ?? "IN",
                description: json.object ?? [:]
            )
        }
        statements =
            json["sql"]?.array?.compactMap(\.string) ?? json["sql"]?.string.map { [$0] } ?? []
        returnType = json["return_type"]?.string ?? ""
        raised = json["raises"]?.string
    }

    /// SQLite has no routines, so a service of that type serves them only where a seed gave some.
    static func isServed(_ exchange: Exchange) throws -> Bool {
        guard exchange.service?.type == "sqlite" else { return true }
        let database = JSONValue.string(exchange.service?.database ?? "")
        return try exchange.store.row("SELECT 1 FROM routine WHERE database = ?", [database]) != nil
    }

    func description(access: Int) -> JSONValue {
        var described = head
        described["return_type"] = .string(returnType)
        described["return_schema"] = []
        described["params"] = .array(
            parameters.enumerated().map { index, parameter in
                var fields: [String: JSONValue] = [
                    "type": .null, "db_type": .null, "length": .null, "precision": .null,
                    "scale": .null, "default": .null,
                ]
                fields.merge(parameter.description) { _, given in given }
                fields["param_type"] = .string(parameter.mode)
                fields["position"] = .integer(Int64(index + 1))
                return .object(fields)
            }
        )
        described["access"] = .integer(Int64(access))
        return .object(described)
    }

    var head: [String: JSONValue] {
        [
            "alias": .null, "name": .string(name), "label": .string(TableSchema.label(name)),
            "description": .null, "native": [],
        ]
    }
}
