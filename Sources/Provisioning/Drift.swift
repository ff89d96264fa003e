package import Subscriptions

/// Something on the platform that is not as this installation keeps it.
package struct Drift: Hashable, Sendable {
    /// What is wrong with it.
    package enum Kind: String, Sendable, CaseIterable {
        /// It is due and not there.
        case missing
        /// It is there, and somebody has changed it.
        case changed
        /// It bears a name of ours and nothing of it is due.
        case orphaned
        /// It is there twice.
        case duplicated
        /// A limit that is not as the plan says.
        case wrongLimit = "wrong_limit"
    }

    /// What kind of record it is.
    package enum Record: String, Sendable {
        case role, app, limit
    }

    /// What helps against it.
    package enum Repair: Hashable, Sendable {
        /// The provisioner looks the grant up and brings it to what is due; keys from that
        /// generation on are to be refused once more.
        case converge(refusingFrom: Int?)
        /// The provisioner looks the grant up and takes what it finds for what is due.
        case note
        /// The record is deleted: no grant knows it.
        case delete
        /// Only a person can tell what it is for.
        case none
    }

    /// What is wrong.
    package let kind: Kind
    /// What kind of record it is.
    package let record: Record
    /// The record's name, or the name it ought to have.
    package let name: String
    /// The platform's id, where it is there.
    package let id: Int64?
    /// The subscription whose name it bears.
    package let subscriptionID: Subscription.ID
    /// What is different, in one clause.
    package let reason: String
    /// What helps.
    package let repair: Repair
    /// Whether the repair deletes the record.
    package let isDeleted: Bool

    init(
        _ kind: Kind,
        _ record: Record,
        _ name: String,
        id: Int64? = nil,
        of subscriptionID: Subscription.ID,
        _ reason: String,
        _ repair: Repair = .converge(refusingFrom: nil),
        isDeleted: Bool = false
    ) {
        self.kind = kind
        self.record = record
        self.name = name
        self.id = id
        self.subscriptionID = subscriptionID
        self.reason = reason
        self.repair = repair
        self.isDeleted = isDeleted || repair == .delete
    }

    /// Whether the repair deletes something, or makes a whole grant anew.
    package var isGrave: Bool { isDeleted || kind == .missing && record == .role }

    /// What the repair does, in one clause.
    package var plan: String {
        switch repair {
        case .none: "nothing: look at it on the platform"
        case .delete: "delete it"
        case .note: "take note of it"
        case .converge(refusingFrom: .some): "delete it, and prove that its key is refused"
        case .converge where isDeleted: "delete it"
        case .converge where kind == .missing && record == .role:
            "make role, app and limits anew, asleep until its limits are back"
        case .converge where kind == .missing: "make it anew"
        case .converge: "bring it back to what is due"
        }
    }
}

/// How much a repair may do at once without being told how much it is.
package struct RepairCap: Hashable, Sendable {
    /// So many grants are always within it.
    static let least = 20

    /// How many grants would be deleted from, or made anew.
    package let grave: Int
    /// How many grants there are, here or there.
    package let total: Int

    /// Counts what a list of differences would come to.
    package init(_ drift: [Drift], total: Int) {
        grave = Set(drift.filter { $0.isGrave && $0.repair != .none }.map(\.subscriptionID)).count
        self.total = total
    }

    /// Whether it is within the cap, or within the number that was told.
    package func allows(confirmed: Int?) -> Bool {
        grave <= max(Self.least, total / 10) || grave <= confirmed ?? 0
    }
}
