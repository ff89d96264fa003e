/// What a call would do that is seldom meant, and that the platform does without a question.
///
/// A call that would is refused before it is sent. The hazards that have a use can be accepted by
/// naming them in the call; the others cannot be accepted at all.
package enum Hazard: String, Hashable, Sendable, CaseIterable {
    /// No identifier is named: on a write the platform takes that for every row, or for none.
    case nothingNamed
    /// One change for several limits: the platform writes the first one's role into all of them.
    case limitsInBulk
    /// An app inside a role without a key: it gets none, and no way to make one.
    case appWithoutKey
    /// A field of the record that decides what the call does to other rows.
    case foreignRow
    /// The key of an app is changed in place: the old one goes on working for hours.
    case oldKeyStaysAlive
    /// Nested rows without their ids: sent twice, they are there twice.
    case rowsAddedAgain
    /// A nested row is taken away by its id: sent twice, the second makes an empty row.
    case rowRemovedAgain
    /// An access rule for every service, the platform's own administration among them.
    case ruleForEveryService
    /// Columns that the new schema does not name are dropped, and what is in them.
    case columnsDropped
    /// A table or a column is dropped, and what is in it.
    case dataDropped

    /// Whether a call may accept it.
    package var canBeAccepted: Bool {
        switch self {
        case .nothingNamed, .limitsInBulk, .appWithoutKey, .foreignRow: false
        case .oldKeyStaysAlive, .rowsAddedAgain, .rowRemovedAgain, .ruleForEveryService,
            .columnsDropped, .dataDropped:
            true
        }
    }

    var sentence: String {
        switch self {
        case .nothingNamed: "no record is named; name at least one."
        case .limitsInBulk: "limits must be changed one by one."
        case .appWithoutKey: "an app inside a role needs its own API key."
        case .foreignRow:
            "nested rows belong to the record they are sent in; leave their parent out."
        case .oldKeyStaysAlive:
            "the old key would go on working for hours; make a second app, or accept it."
        case .rowsAddedAgain:
            "nested rows without ids are added anew; name their ids, or accept it."
        case .rowRemovedAgain: "a nested row can be removed once only; look first, then accept it."
        case .ruleForEveryService:
            "a rule without a service opens the platform's administration; name the service."
        case .columnsDropped: "columns that are not named would be dropped; accept it, or alter."
        case .dataDropped: "data would be dropped; accept it."
        }
    }
}

extension Set where Element == Hazard {
    /// Throws for the first hazard that was not accepted or cannot be.
    func check(_ call: PlatformCall, _ found: [Hazard]) throws(PlatformError) {
        for hazard in found where !(hazard.canBeAccepted && contains(hazard)) {
            throw PlatformError(call, .hazardous(hazard))
        }
    }
}
