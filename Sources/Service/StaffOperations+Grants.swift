import Foundation
import JSON
import Provisioning
import Subscriptions

/// What is kept on the platform, beside what ought to be there.
extension StaffOperations {
    /// As many differences as a reply holds; the counts are of all.
    private static let rowsMax = 1_000

    func listGrants(_ request: StaffRequest) async throws -> StaffReply {
        let limit = min(max(request.arguments["limit"]?.int ?? 50, 1), 1_000)
        let after = request.arguments["after"]?.string.map(Subscription.ID.init)
        let isStuck = request.flag("stuck")
        let (rows, next) = try await store.read { reader -> ([JSONValue], Subscription.ID?) in
            func row(_ grant: Grant) throws -> JSONValue {
                let subscription = try reader.subscription(grant.subscriptionID)
                let customer = try subscription.flatMap { try reader.customer($0.customerID) }
                return Self.row(grant, email: customer?.email)
            }
            guard !isStuck else {
                return (try reader.troubledGrants(limit: limit).map(row), nil)
            }
            let page = try reader.subscriptions(after: after, limit: limit)
            let grants = try page.compactMap { try reader.grant($0.id) }
            return (try grants.map(row), page.count == limit ? page.last?.id : nil)
        }
        return StaffReply(
            .done,
            body: ["grants": .array(rows), "next": StaffView.text(next?.rawValue)]
        )
    }

    private static func row(_ grant: Grant, email: String?) -> JSONValue {
        let proof = grant.observed.proof
        return [
            "subscription": .string(grant.subscriptionID.rawValue), "email": StaffView.text(email),
            "access": .string(grant.desired.access.rawValue),
            "plan": StaffView.plan(grant.desired.plan),
            "generation": StaffView.number(grant.desired.generation),
            "shown": .bool(grant.isShown), "role_id": StaffView.number(grant.observed.roleID),
            "app_ids": .array(grant.observed.apps.map { .integer(Int64($0.id)) }),
            "limit_ids": .array(grant.observed.limits.map { .integer(Int64($0.id)) }),
            "proof": StaffView.text(proof?.answer.rawValue), "proved_at": StaffView.date(proof?.at),
            "failures": StaffView.number(grant.failures),
            "problem": StaffView.text(grant.problem?.sentence),
            "problem_kind": StaffView.text(grant.problem?.kind.rawValue),
            "problem_since": StaffView.date(grant.problem?.since),
            "next_attempt_at": StaffView.date(grant.nextAttemptAt),
        ]
    }

    /// Compares the platform with the grants; it changes nothing there.
    func drift(_ request: StaffRequest) async throws -> StaffReply {
        let scan = try await compare()
        return StaffReply(.done, Self.sentence(scan), body: Self.body(scan))
    }

    private func compare() async throws -> DriftScan {
        do {
            return try await driftWatch.compare()
        } catch let failure as DriftFailure {
            throw StaffStop(.failed, "\(failure) Nothing was compared and nothing was changed.")
        }
    }

    private static func sentence(_ scan: DriftScan) -> String {
        let motion =
            scan.inMotion == 0 ? "" : ", left out \(scan.inMotion) that are being worked on"
        let found = scan.drift.isEmpty ? "no difference" : "\(scan.drift.count) differences"
        return "Compared \(scan.compared) grants\(motion): \(found)."
    }

    private static func body(_ scan: DriftScan) -> JSONValue {
        let kinds = Drift.Kind.allCases.map { kind in
            (kind.rawValue, JSONValue.integer(Int64(scan.drift.count { $0.kind == kind })))
        }
        let cap = RepairCap(scan.drift, total: scan.total)
        return [
            "compared": .integer(Int64(scan.compared)), "in_motion": .integer(Int64(scan.inMotion)),
            "unknown": .integer(Int64(scan.unknown)),
            "differences": .integer(Int64(scan.drift.count)),
            "kinds": .object(Dictionary(uniqueKeysWithValues: kinds)),
            "deleted_or_made_anew": .integer(Int64(cap.grave)),
            "confirm": cap.allows(confirmed: nil) ? nil : .integer(Int64(cap.grave)),
            "drift": .array(scan.drift.prefix(rowsMax).map(Self.row)),
        ]
    }

    private static func row(_ drift: Drift) -> JSONValue {
        [
            "kind": .string(drift.kind.rawValue), "record": .string(drift.record.rawValue),
            "name": .string(drift.name), "id": drift.id.map { .integer($0) } ?? nil,
            "subscription": .string(drift.subscriptionID.rawValue),
            "reason": .string(drift.reason), "repair": .string(drift.plan),
            "deletes": .bool(drift.isDeleted),
        ]
    }
}

// MARK: - Repair

extension StaffOperations {
    /// Repairs what a comparison finds, within the cap, and waits until it is done.
    func repairGrants(_ request: StaffRequest) async throws -> StaffReply {
        guard !isObserving else { throw StaffStop(.refused, Self.observing) }
        let scan = try await compare()
        let cap = RepairCap(scan.drift, total: scan.total)
        var plan = Self.body(scan).object ?? [:]
        plan["dry_run"] = .bool(request.flag("dry_run"))
        guard !request.flag("dry_run"), !scan.drift.isEmpty else {
            return StaffReply(.done, Self.sentence(scan), body: .object(plan))
        }
        guard cap.allows(confirmed: request.arguments["confirm"]?.int) else {
            throw StaffStop(
                .refused,
                "Nothing was changed: the repair would delete or make anew \(cap.grave) of "
                    + "\(cap.total) grants; look with --dry-run, then add --confirm \(cap.grave).",
                body: .object(plan)
            )
        }
        let outcome = try await provisioner.repair(scan.drift, actor: request.actor)
        notify()
        let left = try await settle(outcome.converging, request)
        let after = try await compare()
        var body = Self.body(after).object ?? [:]
        body["dry_run"] = false
        body["found"] = .integer(Int64(scan.drift.count))
        body["deleted"] = .integer(Int64(outcome.deleted))
        body["repaired"] = .integer(Int64(outcome.converging.count - left))
        body["under_way"] = .integer(Int64(left))
        body["failures"] = .array(outcome.failures.map(JSONValue.string))
        return Self.reply(scan, outcome, left: left, after: after, .object(body))
    }

    private static func reply(
        _ scan: DriftScan,
        _ outcome: RepairOutcome,
        left: Int,
        after: DriftScan,
        _ body: JSONValue
    ) -> StaffReply {
        if let failure = outcome.failures.first {
            return StaffReply(.failed, "Not all was repaired. \(failure)", body: body)
        }
        let done = "\(outcome.converging.count - left) grants were repaired"
        guard left == 0 else {
            return StaffReply(
                .notYetProved,
                "\(done), \(left) are under way; Tollgate keeps trying: see `tollgate grants list "
                    + "--stuck`.",
                body: body
            )
        }
        guard after.drift.isEmpty else {
            let isForStaff = after.drift.allSatisfy { $0.repair == .none }
            return StaffReply(
                isForStaff ? .done : .failed,
                "\(done); \(after.drift.count) differences are left"
                    + (isForStaff ? ", which only a person can judge." : ": repair again."),
                body: body
            )
        }
        let orphans = outcome.deleted == 0 ? "" : ", \(outcome.deleted) orphans deleted"
        return StaffReply(.done, "\(done)\(orphans); nothing is left.", body: body)
    }

    /// Waits, within `--wait`, until grants are at rest; how many are not.
    func settle(_ ids: [Subscription.ID], _ request: StaffRequest) async throws -> Int {
        let seconds = min(max(request.arguments["wait"]?.int ?? 30, 0), 600)
        if !isServing { try await provisioner.converge(ids, patience: .seconds(seconds)) }
        let limit = isServing ? Duration.seconds(seconds) : .zero
        var waiting = ids[...]
        let waits = Waits(changed: changed)
        let left = try await waits.first(within: limit) { isLast -> Int? in
            while let id = waiting.first {
                let grant = try await store.read { try $0.grant(id) }
                guard grant.map(isSettled) ?? true else { break }
                waiting.removeFirst()
            }
            guard isLast || waiting.isEmpty else { return nil }
            let rest = waiting
            return try await store.read { reader in
                try rest.count { id in try reader.grant(id).map { !isSettled($0) } ?? false }
            }
        }
        return left ?? 0
    }

    private func isSettled(_ grant: Grant) -> Bool {
        grant.problem == nil && !grant.isUnproved
            && grant.nextAttemptAt.map { $0 > now() } ?? true
    }
}
