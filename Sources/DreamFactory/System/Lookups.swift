/// A name that the platform replaces by a value in settings and filters.
///
/// All of them are read on every request of anybody; there should be few.
package struct Lookup: SystemRecord {
    /// `system/lookup`.
    package static let resource = "lookup"
    /// What it is called.
    package static let noun = "look-up"

    /// Its id.
    package let id: RecordID<Lookup>
    /// The name.
    package let name: String?
    /// The value; asterisks where it is private.
    package let value: String?
    /// Whether the value is never shown.
    package let isPrivate: Bool?
    /// What people read.
    package let description: String?

    enum CodingKeys: String, CodingKey {
        case id, name, value, description
        case isPrivate = "private"
    }
}

extension PlatformClient {
    /// The look-ups of the whole platform: `system/lookup`.
    package var lookups: SystemRecords<Lookup> { SystemRecords(client: self) }
}
