import DreamFactory
import Subscriptions

/// The app that was taken over, beside what is known of it.
extension DriftComparison {
    func adoptedDrift() -> [Drift] {
        guard grant.desired.access != .ended, grant.observed.holdsAdopted,
            let adopted = grant.observed.adopted, dueGenerations.contains(0)
        else { return [] }
        guard let app = standing.adopted else {
            return [
                Drift(
                    .missing,
                    .app,
                    adopted.name,
                    id: Int64(adopted.id),
                    of: id,
                    "the app that was taken over is gone; tollgate keys rotate makes a new key",
                    .none
                )
            ]
        }
        return reasons(adopted, app).map { reason, repair in
            Drift(.changed, .app, app.name, id: app.id.rawValue, of: id, reason, repair)
        }
    }

    /// What differs; what somebody has made of an app that is not ours is taken note of, but
    /// whether it is awake follows access.
    private func reasons(
        _ adopted: ObservedGrant.Adopted,
        _ app: AppRecord
    ) -> [(String, Drift.Repair)] {
        var reasons: [(String, Drift.Repair)] = []
        if !(app.apiKey.map { adopted.holds(key: $0.rawValue) } ?? false) {
            reasons.append(("the app that was taken over has another key than before", .note))
        }
        if app.name != adopted.name {
            reasons.append(("the app that was taken over has another name than before", .note))
        }
        if app.roleID.map({ Int($0.rawValue) }) != adopted.roleID {
            reasons.append(("the app that was taken over has another role than before", .note))
        }
        if app.isActive != isAwake {
            let state = isAwake ? "sleeps" : "is awake and ought to sleep"
            reasons.append(
                ("the app that was taken over \(state)", .converge(refusingFrom: nil))
            )
        }
        return reasons
    }
}
