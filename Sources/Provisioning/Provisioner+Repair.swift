import DreamFactory
package import Subscriptions

import struct Foundation.Date

/// What a repair has done and begun.
package struct RepairOutcome: Sendable {
    /// The grants that are looked up again and brought to what is due.
    package var converging: [Subscription.ID] = []
    /// How many records were deleted that no grant knows.
    package var deleted = 0
    /// Why others were not, in sentences.
    package var failures: [String] = []
}

extension Provisioner {
    /// How many grants are written in one transaction.
    private static let repairPage = 200

    /// Repairs what a comparison found.
    ///
    /// Grants are only marked: their own steps bring them to what is due, with every promise that
    /// these keep. Whoever calls decides how much may be done at once.
    ///
    /// - Parameters:
    ///   - drift: The differences.
    ///   - actor: Who asks, for the audit.
    /// - Returns: What was done and begun.
    /// - Throws: What the store throws.
    package func repair(_ drift: [Drift], actor: String) async throws -> RepairOutcome {
        var outcome = RepairOutcome()
        for one in drift where one.repair == .delete {
            try await delete(one, actor, &outcome)
        }
        let wrong = Dictionary(grouping: drift.filter(\.converges), by: \.subscriptionID)
        outcome.converging = wrong.keys.sorted { $0.rawValue < $1.rawValue }
        for start in stride(from: 0, to: outcome.converging.count, by: Self.repairPage) {
            let end = min(start + Self.repairPage, outcome.converging.count)
            let page = outcome.converging[start..<end].map { ($0, wrong[$0] ?? []) }
            let now = environment.now()
            try await store.write { tx in
                for (id, drift) in page { try Self.doubt(id, drift, actor, in: tx, now) }
            }
        }
        signal.yield()
        return outcome
    }

    private static func doubt(
        _ id: Subscription.ID,
        _ drift: [Drift],
        _ actor: String,
        in tx: any StoreTransaction,
        _ now: Date
    ) throws {
        guard var grant = try tx.grant(id) else { return }
        if drift.count == 1, drift[0].isBare, grant.desired.access == .active {
            grant.beginAnew(now)
        } else {
            grant.doubt(from: drift.compactMap(\.refusedFrom).min(), now)
        }
        try tx.save(grant)
        let kinds = Set(drift.map { "\($0.record.rawValue) \($0.kind.rawValue)" })
        try tx.append(
            AuditEntry(
                at: now,
                actor: actor,
                action: "grant.repaired",
                subscriptionID: id,
                details: ["drift": kinds.sorted().joined(separator: ", ")]
            )
        )
    }

    /// Deletes one record that no grant knows, unless it has become somebody's meanwhile.
    private func delete(
        _ drift: Drift,
        _ actor: String,
        _ outcome: inout RepairOutcome
    ) async throws {
        await turns.take(drift.subscriptionID)
        defer { signal.yield() }
        do {
            let isUnneeded = try await store.read { reader in
                try reader.grant(drift.subscriptionID).map(drift.isUnneeded(by:)) ?? true
            }
            if isUnneeded, try await deleteRecord(drift) {
                outcome.deleted += 1
                try await audit(drift, actor)
            }
        } catch let failure as DriftFailure {
            outcome.failures.append("\(drift.name): \(failure)")
        } catch {
            await turns.pass(drift.subscriptionID)
            throw error
        }
        await turns.pass(drift.subscriptionID)
    }

    private func audit(_ drift: Drift, _ actor: String) async throws {
        let now = environment.now()
        try await store.write { tx in
            let isKnown = try tx.subscription(drift.subscriptionID) != nil
            try tx.append(
                AuditEntry(
                    at: now,
                    actor: actor,
                    action: "grant.orphan_deleted",
                    subscriptionID: isKnown ? drift.subscriptionID : nil,
                    details: [
                        "record": drift.record.rawValue, "name": drift.name,
                        "id": drift.id.map(String.init) ?? "-",
                    ]
                )
            )
        }
    }

    /// Deletes a record that still bears the name; whether there was one.
    private func deleteRecord(_ drift: Drift) async throws(DriftFailure) -> Bool {
        guard let name = RecordName(drift.name), let number = drift.id else { return false }
        let api = runner.api
        do {
            switch drift.record {
            case .app:
                guard let app = try await api.app(named: name), app.id.rawValue == number else {
                    return false
                }
                try await api.deleteApp(app.id)
                try await proveGone(app)
            case .limit:
                let limit = try await api.limits(named: name).first { $0.id.rawValue == number }
                guard let limit else { return false }
                try await api.deleteLimit(limit.id)
            case .role:
                guard let role = try await api.role(named: name), role.id.rawValue == number else {
                    return false
                }
                try await api.deleteRole(role.id)
            }
            return true
        } catch let error as PlatformError where error.reason == .notFound {
            return false
        } catch let error as PlatformError {
            throw DriftFailure(error)
        } catch let failure as DriftFailure {
            throw failure
        } catch {
            throw DriftFailure("It could not be deleted.")
        }
    }

    /// The platform gave the key with the app, so that its refusal can be proved.
    private func proveGone(_ app: AppRecord) async throws {
        guard let key = app.apiKey else { return }
        let answer = ProofAnswer(try await runner.api.probe(key))
        guard answer == .gone else {
            throw DriftFailure(
                "The app is deleted and the platform does not refuse its key: clear the "
                    + "platform's cache (DELETE /api/v2/system/cache) and compare again."
            )
        }
    }
}

extension Drift {
    fileprivate var converges: Bool {
        switch repair {
        case .converge, .note: true
        case .delete, .none: false
        }
    }

    fileprivate var refusedFrom: Int? {
        if case .converge(let generation) = repair { generation } else { nil }
    }

    /// Whether nothing at all stands under the names.
    fileprivate var isBare: Bool { kind == .missing && record == .role }

    /// Whether a grant that has come about since still does not need the record.
    fileprivate func isUnneeded(by grant: Grant) -> Bool {
        switch (record, kind) {
        // A limit that counts another role's calls, or is there twice, helps nobody.
        case (.limit, .changed), (.limit, .duplicated): true
        default: grant.desired.generation == 0 || record == .app && isBeyond(grant)
        }
    }

    private func isBeyond(_ grant: Grant) -> Bool {
        let digits = name.split(separator: "-").last?.dropFirst() ?? ""
        return Int(digits).map { $0 > grant.desired.generation } ?? false
    }
}

extension Grant {
    /// Lets everything be made anew, since nothing of it was found; a name that is taken all the
    /// same is looked up then.
    mutating func beginAnew(_ now: Date) {
        observed.roleID = nil
        observed.rules = nil
        observed.apps.removeAll { $0.generation > 0 }
        observed.limits = []
        observed.verifiedAt = now
        failures = 0
        problem = nil
        nextAttemptAt = now
    }

    /// Lets nothing count any more that is believed of the platform; keys from a generation on are
    /// to be refused, and proved to be, once more.
    mutating func doubt(from generation: Int?, _ now: Date) {
        observed.mustLookUpSince = now
        if let generation, generation > 0 {
            observed.closedGeneration = min(observed.closedGeneration, generation - 1)
        }
        failures = 0
        problem = nil
        nextAttemptAt = now
    }
}
