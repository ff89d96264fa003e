package import JSON

/// A kind of record of the System API.
///
/// Every property but the id is optional, since an answer holds only the fields that were asked
/// for.
package protocol SystemRecord: Decodable, Sendable {
    /// What its ids are ids of.
    associatedtype Subject = Self
    /// Its place below `system`.
    static var resource: String { get }
    /// What one of them is called.
    static var noun: String { get }
    /// Whether one change may be written into several records in one call.
    static var allowsBulkChange: Bool { get }
    /// What creating it so would do that is seldom meant.
    static func hazards(inNew record: JSONValue) -> [Hazard]
    /// What changing it so would do that is seldom meant.
    static func hazards(inChange change: JSONValue) -> [Hazard]
}

extension SystemRecord {
    /// Most kinds do.
    package static var allowsBulkChange: Bool { true }
    /// None.
    package static func hazards(inNew record: JSONValue) -> [Hazard] { [] }
    /// None.
    package static func hazards(inChange change: JSONValue) -> [Hazard] { [] }
}
