/// What a browser may do from another origin.
package struct CORSRule: SystemRecord {
    /// `system/cors`.
    package static let resource = "cors"
    /// What it is called.
    package static let noun = "CORS rule"

    /// Its id.
    package let id: RecordID<CORSRule>
    /// The path it is for; unique.
    package let path: String?
    /// The origin that is let in.
    package let origin: String?
    /// The header fields that may be sent.
    package let header: String?
    /// How many seconds a browser may remember it.
    package let maxAge: Int?
    /// Whether credentials may be sent.
    package let supportsCredentials: Bool?
    /// Whether it counts.
    package let enabled: Bool?

    enum CodingKeys: String, CodingKey {
        case id, path, origin, header, enabled
        case maxAge = "max_age"
        case supportsCredentials = "supports_credentials"
    }
}

extension PlatformClient {
    /// The rules for other origins: `system/cors`.
    package var corsRules: SystemRecords<CORSRule> { SystemRecords(client: self) }
}
