/// The schema of the database, one step a file of `sql/`, in the order in which they apply.
///
/// A shipped step is never edited: a change of the schema is the next file.
package enum Schema {
    /// One step.
    package struct Step: Sendable {
        /// Its number, from 1.
        package let version: Int
        /// A word or two that say what it is about.
        package let name: String
        /// The script.
        package let sql: [UInt8]

        /// The name of its file.
        package var fileName: String {
            let digits = String(version)
            return "V" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
                + "__\(name).sql"
        }
    }

    /// All steps.
    package static let steps = [
        Step(version: 1, name: "road", sql: PackageResources.V001__road_sql),
        Step(version: 2, name: "life", sql: PackageResources.V002__life_sql),
        Step(version: 3, name: "flows", sql: PackageResources.V003__flows_sql),
        Step(version: 4, name: "drift", sql: PackageResources.V004__drift_sql),
        Step(version: 5, name: "figures", sql: PackageResources.V005__figures_sql),
        Step(version: 6, name: "bulk", sql: PackageResources.V006__bulk_sql),
        Step(version: 7, name: "lookup", sql: PackageResources.V007__lookup_sql),
        Step(version: 8, name: "adopted", sql: PackageResources.V008__adopted_sql),
        Step(version: 9, name: "receipts", sql: PackageResources.V009__receipts_sql),
        Step(version: 10, name: "orders", sql: PackageResources.V010__orders_sql),
        Step(version: 11, name: "inbox", sql: PackageResources.V011__inbox_sql),
    ]
}
