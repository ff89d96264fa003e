import DreamFactory
import JSON

/// The role that an app's key needs in place of an administrator's login.
enum NeededRole {
    static let name = "tollgate-operator"
    /// The id of the System API's service in every installation.
    static let systemService: Int64 = 1

    private static let (get, post, patch, delete) = (1, 2, 8, 16)

    private static let components: [(component: String, verbMask: Int)] = [
        // The list of what the System API serves, by which the limits package is known.
        ("", get),
        ("role/*", get | post | patch | delete), ("app/*", get | post | patch | delete),
        ("limit/*", get | post | patch | delete), ("limit_cache/*", get | delete),
        ("service/*", get),
    ]

    /// The role as `POST system/role` takes it.
    ///
    /// A key is shown only services that its role has a rule for, so that each sold one has a rule
    /// here; the component of that rule is one that no service has.
    static func json(systemService id: Int64, sold: [Int64]) -> JSONValue {
        var rules = components.map { rule(id, $0.component, $0.verbMask) }
        rules += sold.map { rule($0, "tollgate-may-see-this-service", 1) }
        return [
            "resource": [
                [
                    "name": .string(name), "is_active": true,
                    "role_service_access_by_role_id": .array(rules),
                ]
            ]
        ]
    }

    private static func rule(_ service: Int64, _ component: String, _ mask: Int) -> JSONValue {
        [
            "service_id": .integer(service), "component": .string(component),
            "verb_mask": .integer(Int64(mask)), "requestor_mask": 1, "filters": [],
            "filter_op": "AND",
        ]
    }
}
