import DreamFactory
import Subscriptions

/// Makes the call of a step and says what came of it; it decides nothing.
struct StepRunner: Sendable {
    let api: any SystemAPI
    let services: ServiceDirectory
    let adoptedKeys = AdoptedKeys()
    /// Makes a key that nobody has.
    let randomKey: @Sendable () -> AppKey?

    func run(_ order: WorkOrder) async -> Outcome {
        do throws(StepFailure) {
            return try await perform(order)
        } catch {
            return .failed(order.step, error.failure)
        }
    }

    private func perform(_ order: WorkOrder) async throws(StepFailure) -> Outcome {
        switch order.step {
        case .checkPlatform: return try await checkPlatform()
        case .lookUp: return .found(try await lookUp(order))
        case .createRole(let generation, let isActive):
            return try await createRole(order, generation, isActive)
        case .repairRole: return try await repairRole(order)
        case .createApp(let generation): return try await createApp(order, generation)
        case .swapApps(let generation, let old):
            return try await swapApps(order, generation, old)
        case .setApp(let id, let isActive):
            if order.isOfAdopted(id), try await adoptedApp(order) == nil { return .lostKey }
            try await calling { () async throws(PlatformError) in
                try await api.setApp(recordID(id, .changeApp), isActive: isActive)
            }
            return .setApp(id: id, isActive: isActive)
        case .deleteApp(let id):
            if order.isOfAdopted(id) {
                guard let app = try await adoptedApp(order) else { return .deletedApp(id: id) }
                adoptedKeys.keep(app.apiKey, of: order.subscriptionID)
            }
            try await deleting { () async throws(PlatformError) in
                try await api.deleteApp(recordID(id, .deleteApp))
            }
            return .deletedApp(id: id)
        case .createLimit(let limit): return try await createLimit(order, limit)
        case .changeLimit(let id, let limit):
            let record = try await calling { () async throws(PlatformError) in
                try await api.changeLimit(recordID(id, .changeLimit), rate: limit.rate)
            }
            return .wroteLimit(ObservedGrant.Limit(record))
        case .deleteLimit(let id):
            try await deleting { () async throws(PlatformError) in
                try await api.deleteLimit(recordID(id, .deleteLimit))
            }
            return .deletedLimit(id: id)
        case .clearCounter(let id, let ifFull):
            return try await clearCounter(order, id, ifFull)
        case .deleteRole(let id):
            try await deleting { () async throws(PlatformError) in
                try await api.deleteRole(recordID(id, .deleteRole))
            }
            return .deletedRole
        case .prove(generation: 0): return try await proveAdopted(order)
        case .prove(let generation):
            let key = try key(order, generation)
            let state = try await calling { () async throws(PlatformError) in
                try await api.probe(key)
            }
            return .proved(ProofAnswer(state), generation: generation)
        }
    }

    func checkPlatform() async throws(StepFailure) -> Outcome {
        guard let key = randomKey() else { throw StepFailure("No random key can be made.") }
        let capabilities = try await calling { () async throws(PlatformError) in
            try await api.capabilities()
        }
        let state = try await calling { () async throws(PlatformError) in
            try await api.probe(key)
        }
        return .platform(hasLimits: capabilities.hasLimits, randomKey: ProofAnswer(state))
    }

    private func createRole(
        _ order: WorkOrder,
        _ generation: Int,
        _ isActive: Bool
    ) async throws(StepFailure) -> Outcome {
        let role = try await newRole(order, generation, isActive)
        let record = try await calling { () async throws(PlatformError) in
            try await api.createRole(role)
        }
        return .wroteRole(await finding(record, order))
    }

    private func createApp(
        _ order: WorkOrder,
        _ generation: Int
    ) async throws(StepFailure) -> Outcome {
        let app = try newApp(order, generation, isActive: true)
        let roleID: RecordID<RoleRecord> = try roleID(order)
        let record = try await calling { () async throws(PlatformError) in
            try await api.createApp(app, on: roleID)
        }
        guard record.apiKey == app.apiKey else {
            // The platform gives a key of its own where ours is taken (RECORDED, fact 3).
            throw StepFailure(
                Failure(
                    .needsStaff,
                    "Another app has the key of generation \(generation); find it on the platform "
                        + "and delete it.",
                    meaning: .beliefIsWrong
                )
            )
        }
        return .madeApp(
            ObservedGrant.App(
                id: Int(record.id.rawValue),
                generation: generation,
                isActive: record.isActive
            )
        )
    }

    private func createLimit(
        _ order: WorkOrder,
        _ limit: RateLimit
    ) async throws(StepFailure) -> Outcome {
        let new = try newLimit(order, limit)
        let record = try await calling { () async throws(PlatformError) in
            try await api.createLimit(new)
        }
        var written = ObservedGrant.Limit(record)
        written.freshFor = order.desired.allowance
        return .wroteLimit(written)
    }

    /// Reads the rules afresh before it changes them: a removal that is repeated blindly leaves an
    /// empty rule behind (recorded/README, fact 4).
    private func repairRole(_ order: WorkOrder) async throws(StepFailure) -> Outcome {
        let wanted = try await rules(order)
        let found = try await calling { () async throws(PlatformError) in
            try await api.role(named: order.names.role)
        }
        guard let found else { throw StepFailure(Failure(PlatformError(.findRole, .notFound))) }
        let changes = found.changes(to: wanted)
        var role = found
        if !changes.isEmpty || !found.isActive {
            role = try await calling { () async throws(PlatformError) in
                try await api.changeRole(found.id, isActive: true, rules: changes)
            }
        }
        guard role.name == order.names.role.rawValue, role.holds(wanted) else {
            throw StepFailure(
                "The platform did not store the rules of the plan; it is tried again."
            )
        }
        return .wroteRole(await finding(role, order))
    }
}

extension StepRunner {
    func rules(_ order: WorkOrder) async throws(StepFailure) -> [Rule] {
        guard let plan = order.plan else { throw StepFailure("Its plan is not known.") }
        do {
            return try await services.rules(plan.access)
        } catch {
            throw StepFailure(error.failure)
        }
    }

    func newRole(
        _ order: WorkOrder,
        _ generation: Int,
        _ isActive: Bool
    ) async throws(StepFailure) -> NewRole {
        NewRole(
            name: order.names.role,
            description: order.description,
            rules: try await rules(order),
            app: try newApp(order, generation, isActive: isActive)
        )
    }

    func newLimit(_ order: WorkOrder, _ limit: RateLimit) throws(StepFailure) -> NewLimit {
        guard let period = LimitPeriod(rawValue: limit.period.platformName) else {
            throw StepFailure("The platform has no such period.")
        }
        return NewLimit(
            name: order.names.role,
            roleID: try roleID(order),
            rate: limit.rate,
            period: period,
            verb: limit.verb?.rawValue
        )
    }

    func newApp(
        _ order: WorkOrder,
        _ generation: Int,
        isActive: Bool
    ) throws(StepFailure) -> NewApp {
        guard let name = order.names.app(generation) else {
            throw StepFailure("Its name is too long.")
        }
        return NewApp(
            name: name,
            description: "\(order.description), generation \(generation)",
            apiKey: try key(order, generation),
            isActive: isActive
        )
    }

    private func key(_ order: WorkOrder, _ generation: Int) throws(StepFailure) -> AppKey {
        guard let key = order.keys[generation] else {
            throw StepFailure("The key row of generation \(generation) is missing.")
        }
        return key
    }

    func roleID(_ order: WorkOrder) throws(StepFailure) -> RecordID<RoleRecord> {
        guard let id = order.observed.roleID.flatMap({ RecordID<RoleRecord>(Int64($0)) }) else {
            throw StepFailure(Failure(PlatformError(.findRole, .notFound)))
        }
        return id
    }

    func recordID<Record>(
        _ id: Int,
        _ call: PlatformCall
    ) throws(PlatformError) -> RecordID<Record> {
        guard let id = RecordID<Record>(Int64(id)) else { throw PlatformError(call, .notFound) }
        return id
    }

    func calling<T: Sendable>(
        _ call: () async throws(PlatformError) -> T
    ) async throws(StepFailure) -> T {
        do {
            return try await call()
        } catch {
            throw StepFailure(Failure(error))
        }
    }

    /// What is gone already counts as deleted.
    private func deleting(
        _ call: () async throws(PlatformError) -> Void
    ) async throws(StepFailure) {
        do {
            try await call()
        } catch {
            guard error.reason == .notFound else { throw StepFailure(Failure(error)) }
        }
    }
}

/// A failure on its way out of a step.
struct StepFailure: Error {
    let failure: Failure

    init(_ failure: Failure) { self.failure = failure }

    init(_ sentence: String) { self.init(Failure(.needsStaff, sentence)) }
}

extension WorkOrder {
    /// What people read in the platform's console.
    fileprivate var description: String {
        "Tollgate subscription \(subscriptionID), plan \(desired.plan?.tag ?? "none")"
    }
}
