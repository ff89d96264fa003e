import JSON

/// A limit on the number of calls.
package struct Limit: SystemRecord {
    /// Its ids are those of ``LimitRecord``.
    package typealias Subject = LimitRecord
    /// `system/limit`, a package of its own.
    package static let resource = "limit"
    /// What it is called.
    package static let noun = "limit"
    /// Never: the platform writes the first one's role into all.
    package static let allowsBulkChange = false

    /// What calls a limit counts.
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case instance
        case user = "instance.user"
        case eachUser = "instance.each_user"
        case service = "instance.service"
        case userService = "instance.user.service"
        case eachUserService = "instance.each_user.service"
        case endpoint = "instance.service.endpoint"
        case userEndpoint = "instance.user.service.endpoint"
        case eachUserEndpoint = "instance.each_user.service.endpoint"
        case role = "instance.role"
    }

    /// Its id.
    package let id: RecordID<LimitRecord>
    /// What it counts.
    package let type: Kind?
    /// What makes it unique: its type, ids, verb and period.
    package let keyText: String?
    /// How many calls.
    package let rate: Int?
    /// In what period.
    package let period: LimitPeriod?
    /// The user whose calls it counts.
    package let userID: RecordID<User>?
    /// The role whose calls it counts.
    package let roleID: RecordID<RoleRecord>?
    /// The service to which calls are counted.
    package let serviceID: RecordID<ServiceRecord>?
    /// The path inside the service.
    package let endpoint: String?
    /// The verb; nil counts all.
    package let verb: String?
    /// Its name; not unique, and shown to callers that exceed it.
    package let name: String?
    /// Shown to callers that exceed it.
    package let description: String?
    /// Whether it counts; left out when made, it does.
    package let isActive: Bool?
    /// Its counters, where they were asked for with ``withCounters`` in a list.
    package let counters: [Counter]?

    /// The relation that gives ``counters``, in lists only.
    package static let withCounters: Related = "limit_cache_by_limit_id"

    enum CodingKeys: String, CodingKey {
        case id, type, rate, period, endpoint, verb, name, description
        case keyText = "key_text"
        case userID = "user_id"
        case roleID = "role_id"
        case serviceID = "service_id"
        case isActive = "is_active"
        case counters = "limit_cache_by_limit_id"
    }
}

/// How much of a limit is used.
package struct Counter: SystemRecord {
    /// Its ids are those of the limits.
    package typealias Subject = LimitRecord
    /// `system/limit_cache`.
    package static let resource = "limit_cache"
    /// What it is called.
    package static let noun = "counter"

    /// The limit.
    package let id: RecordID<LimitRecord>
    /// Whose calls it counts.
    package let key: String?
    /// What the limit allows.
    package let max: Int?
    /// What was counted.
    package let attempts: Int?
    /// What is left.
    package let remaining: Int?
}

/// A limit to create.
package struct LimitDraft: Encodable, Sendable {
    /// What it counts.
    package var type: Limit.Kind
    /// How many calls; not 0.
    package var rate: Int
    /// In what period.
    package var period: LimitPeriod
    /// Its name, shown to callers that exceed it.
    package var name: String
    /// Whether it counts.
    package var isActive = true
    /// The role, for ``Limit/Kind/role``.
    package var roleID: RecordID<RoleRecord>?
    /// The user, for the types of one user.
    package var userID: RecordID<User>?
    /// The service, for the types of services and endpoints.
    package var serviceID: RecordID<ServiceRecord>?
    /// The path inside the service, for the types of endpoints; `*` at its end covers what follows.
    package var endpoint: String?
    /// The verb; nil counts all.
    package var verb: String?

    /// Makes a limit to create.
    package init(_ type: Limit.Kind, name: String, rate: Int, period: LimitPeriod) {
        self.type = type
        self.name = name
        self.rate = rate
        self.period = period
    }

    enum CodingKeys: String, CodingKey {
        case type, rate, period, name, endpoint, verb
        case isActive = "is_active"
        case roleID = "role_id"
        case userID = "user_id"
        case serviceID = "service_id"
    }
}

extension LimitPeriod: Codable {
    /// Decodes a word or, as the platform writes a minute at times, a number.
    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer().decode(JSONValue.self)
        guard let period = LimitPeriod(value) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "No period.")
            )
        }
        self = period
    }
}

extension PlatformClient {
    /// The limits: `system/limit`.
    package var limits: SystemRecords<Limit> { SystemRecords(client: self) }
    /// The counters of limits: `system/limit_cache`.
    package var limitCounters: LimitCounters { LimitCounters(records: SystemRecords(client: self)) }
}

/// The counters of limits, which can be read and started anew.
package struct LimitCounters: Sendable {
    let records: SystemRecords<Counter>

    /// Reads all counters; one look into the counters' store for every limit.
    package func list() async throws(PlatformError) -> [Counter] {
        try await records.list().rows
    }

    /// Reads one limit's counter.
    package func get(_ limit: RecordID<LimitRecord>) async throws(PlatformError) -> Counter {
        try await records.get(limit)
    }

    /// Starts one limit's count anew and lifts its lock.
    package func clear(_ limit: RecordID<LimitRecord>) async throws(PlatformError) {
        try await records.delete(limit)
    }

    /// Starts the counts of several limits anew.
    package func clear(_ limits: [RecordID<LimitRecord>]) async throws(PlatformError) {
        _ = try await records.delete(ids: limits, as: JSONValue.self)
    }
}
