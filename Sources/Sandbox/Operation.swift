import HTTP
import JSON

/// One thing the platform can do: a verb on a resource, and what answers it.
struct Operation: Sendable {
    let verbs: [Verb]
    /// The service, or `{database}` for every service that points to one, then the resource;
    /// `{name}` stands for one part, and what follows the last part is ignored where it is one.
    let path: String
    /// Open operations ask for no right; who calls is found out all the same.
    let isOpen: Bool
    let handler: @Sendable (Exchange, _ parameters: [String]) throws -> Answer

    init(
        _ verbs: Verb...,
        path: String,
        isOpen: Bool = false,
        _ handler: @escaping @Sendable (Exchange, _ parameters: [String]) throws -> Answer
    ) {
        self.verbs = verbs
        self.path = path
        self.isOpen = isOpen
        self.handler = handler
    }

    /// Limits come with a package that an install may lack.
    var needsLimits: Bool { path.hasPrefix("system/limit") }

    /// The values of the path's parameters where the operation is for this verb and these parts.
    func match(_ verb: Verb, _ parts: [String]) -> [String]? {
        guard verbs.contains(verb) else { return nil }
        let pattern = path.split(separator: "/")
        // `role/1/whatever` is `role/1`, as on the platform.
        let isOpenEnded = pattern.count > 2 && pattern.last == "{id}"
        guard parts.count == pattern.count || isOpenEnded && parts.count > pattern.count else {
            return nil
        }
        var parameters: [String] = []
        for (wanted, part) in zip(pattern, parts) {
            if wanted == "{database}" || wanted == part { continue }
            guard wanted.hasPrefix("{") else { return nil }
            parameters.append(part)
        }
        return parameters
    }
}

// MARK: - The table

extension Operation {
    /// Everything the sandbox does; what is missing here the platform has and the sandbox has not.
    static let all: [Operation] =
        session("system/admin/session") + session("user/session")
        + person("system/admin") + person("user") + routines(.procedure) + routines(.function)
        + [
            Operation(.get, path: "system") { exchange, _ in About.resources(exchange) },
            Operation(.get, path: "system/_spec") { exchange, _ in About.spec(exchange) },
            Operation(.get, path: "{database}/_spec") { exchange, _ in About.spec(exchange) },
            Operation(.get, path: "system/service_type") { exchange, _ in
                ServiceType.list(exchange)
            },
            Operation(.get, path: "system/service_type/{name}") { _, names in
                try ServiceType.get(names[0])
            },
            Operation(.post, path: "user/register", isOpen: true) { exchange, _ in
                try Registration.register(exchange)
            },
            Operation(.get, path: "system/environment", isOpen: true) { exchange, _ in
                try About.environment(exchange)
            },
            Operation(.delete, path: "system/cache") { exchange, _ in
                try About.clearCache(exchange)
            },
            Operation(.delete, path: "system/cache/{service}") { exchange, _ in
                try About.clearCache(exchange)
            },
        ]
        + records(.role) + records(.app) + records(.service) + records(.user)
        + records(.admin) + limits + schemas + tables

    private static func session(_ path: String) -> [Operation] {
        [
            Operation(.post, path: path, isOpen: true) { exchange, _ in
                try Sessions.logIn(exchange)
            },
            Operation(.get, path: path, isOpen: true) { exchange, _ in
                try Sessions.show(exchange)
            },
            Operation(.put, path: path, isOpen: true) { exchange, _ in
                try Sessions.refresh(exchange)
            },
            Operation(.patch, path: path, isOpen: true) { _, _ in
                throw Refusal.withoutResource(.patch, "session")
            },
            Operation(.delete, path: path, isOpen: true) { exchange, _ in
                try Sessions.logOut(exchange)
            },
        ]
    }

    private static func person(_ path: String) -> [Operation] {
        [
            Operation(.post, path: "\(path)/password", isOpen: true) { exchange, _ in
                try PasswordResource.post(exchange)
            },
            Operation(.get, path: "\(path)/profile", isOpen: true) { exchange, _ in
                try Profile.show(exchange)
            },
            Operation(.post, .put, .patch, path: "\(path)/profile", isOpen: true) { exchange, _ in
                try Profile.change(exchange)
            },
        ]
    }

    private static func routines(_ kind: Routine.Kind) -> [Operation] {
        [
            Operation(.get, path: "{database}/\(kind.resource)") { exchange, _ in
                try RoutineResource(exchange, kind).list()
            },
            Operation(.get, .post, path: "{database}/\(kind.resource)/{name}") { exchange, names in
                try RoutineResource(exchange, kind).run(names[0])
            },
        ]
    }

    private static func records(_ kind: RecordKind) -> [Operation] {
        func operation(
            _ verb: Verb,
            _ suffix: String = "",
            _ body: @escaping @Sendable (Records, [String]) throws -> Answer
        ) -> Operation {
            Operation(verb, path: "system/\(kind.name)\(suffix)") { exchange, parameters in
                try body(Records(exchange: exchange, kind: kind), parameters)
            }
        }
        return [
            operation(.get) { records, _ in try records.list() },
            operation(.get, "/{id}") { records, id in try records.get(id[0]) },
            operation(.post) { records, _ in try records.create() },
            operation(.post, "/{id}") { _, _ in throw Refusal.createByIdentifier },
            operation(.patch) { records, _ in try records.updateList() },
            operation(.patch, "/{id}") { records, id in try records.update(id[0]) },
            operation(.put) { records, _ in try records.updateList() },
            operation(.put, "/{id}") { records, id in try records.update(id[0]) },
            operation(.delete) { records, _ in try records.deleteList() },
            operation(.delete, "/{id}") { records, id in try records.delete(id[0]) },
        ]
    }

    private static let limits = [
        Operation(.get, path: "system/limit") { exchange, _ in try LimitResource(exchange).list() },
        Operation(.get, path: "system/limit/{id}") { exchange, id in
            try LimitResource(exchange).get(id[0])
        },
        Operation(.post, path: "system/limit") { exchange, _ in
            try LimitResource(exchange).create()
        },
        Operation(.post, path: "system/limit/{id}") { _, _ in throw Refusal.createByIdentifier },
        Operation(.patch, .put, path: "system/limit") { exchange, _ in
            try LimitResource(exchange).updateList()
        },
        Operation(.patch, .put, path: "system/limit/{id}") { exchange, id in
            try LimitResource(exchange).update(id[0])
        },
        Operation(.delete, path: "system/limit") { exchange, _ in
            try LimitResource(exchange).deleteList()
        },
        Operation(.delete, path: "system/limit/{id}") { exchange, id in
            try LimitResource(exchange).delete(id[0])
        },
        Operation(.get, path: "system/limit_cache") { exchange, _ in
            try LimitResource(exchange).listCounters()
        },
        Operation(.get, path: "system/limit_cache/{id}") { exchange, id in
            try LimitResource(exchange).getCounter(id[0])
        },
        Operation(.delete, path: "system/limit_cache") { exchange, _ in
            try LimitResource(exchange).clearCounters()
        },
        Operation(.delete, path: "system/limit_cache/{id}") { exchange, id in
            try LimitResource(exchange).clearCounter(id[0])
        },
    ]

    private static func schema(
        _ verbs: Verb...,
        path: String = "",
        _ body: @escaping @Sendable (SchemaResource, [String]) throws -> Answer
    ) -> [Operation] {
        verbs.map { verb in
            Operation(verb, path: "{database}/_schema\(path)") { exchange, names in
                try body(SchemaResource(exchange), names)
            }
        }
    }

    private static let schemas: [Operation] = [
        schema(.get) { schema, _ in try schema.list() },
        schema(.post) { schema, _ in try schema.create() },
        schema(.patch, .put) { schema, _ in try schema.updateList() },
        schema(.delete) { schema, _ in try schema.deleteList() },
        schema(.get, path: "/{table}") { try $0.get($1[0]) },
        schema(.post, .patch, .put, path: "/{table}") { try $0.update($1[0]) },
        schema(.delete, path: "/{table}") { try $0.delete($1[0]) },
        schema(.get, path: "/{table}/_field") { try $0.listFields($1[0]) },
        schema(.post, .patch, .put, path: "/{table}/_field") { try $0.saveFields($1[0]) },
        schema(.delete, path: "/{table}/_field") { try $0.deleteFields($1[0]) },
        schema(.get, path: "/{table}/_related") { try $0.listRelations($1[0]) },
        schema(.post, .patch, .put, path: "/{table}/_related") { try $0.saveRelations($1[0]) },
        schema(.get, path: "/{table}/_field/{field}") { try $0.getField($1[0], $1[1]) },
        schema(.get, path: "/{table}/{field}") { try $0.getField($1[0], $1[1]) },
        schema(.post, .patch, .put, path: "/{table}/_field/{field}") {
            try $0.saveField($1[0], $1[1])
        },
        schema(.delete, path: "/{table}/_field/{field}") {
            try $0.deleteFields($1[0], [$1[1]])
        },
        schema(.get, path: "/{table}/_related/{relation}") { try $0.getRelation($1[0], $1[1]) },
    ].flatMap(\.self)

    private static let tables = [
        Operation(.get, path: "{database}") { exchange, _ in try Table.resources(exchange) },
        Operation(.get, path: "{database}/_table") { exchange, _ in try Table.list(exchange) },
        Operation(.get, path: "{database}/_table/{table}") { exchange, names in
            try Table(exchange, names[0]).get()
        },
        Operation(.get, path: "{database}/_table/{table}/{id}") { exchange, names in
            try Table(exchange, names[0]).get(names[1])
        },
        Operation(.post, path: "{database}/_table/{table}") { exchange, names in
            try Table(exchange, names[0]).create()
        },
        Operation(.post, path: "{database}/_table/{table}/{id}") { _, _ in
            throw Refusal.createByIdentifier
        },
        Operation(.patch, .put, path: "{database}/_table/{table}") { exchange, names in
            try Table(exchange, names[0]).updateList()
        },
        Operation(.patch, .put, path: "{database}/_table/{table}/{id}") { exchange, names in
            try Table(exchange, names[0]).update(names[1])
        },
        Operation(.delete, path: "{database}/_table/{table}") { exchange, names in
            try Table(exchange, names[0]).deleteList()
        },
        Operation(.delete, path: "{database}/_table/{table}/{id}") { exchange, names in
            try Table(exchange, names[0]).delete(names[1])
        },
    ]
}
