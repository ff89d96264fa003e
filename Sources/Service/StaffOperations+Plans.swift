import Foundation
import JSON
import Subscriptions

extension StaffOperations {
    /// What one active limit costs every call on its platform, measured on DreamFactory 7.5.0.
    static let microsecondsPerLimit = 36

    func listPlans() async throws -> StaffReply {
        let body = try await store.read { reader -> JSONValue in
            let counts = try reader.subscriptionCounts()
            return [
                "plans": .array(
                    try reader.latestPlans().map { version in
                        let subscribers = counts.reduce(0) {
                            $0 + ($1.key.id == version.plan.id ? $1.value : 0)
                        }
                        return [
                            "id": .string(version.plan.id.rawValue),
                            "name": .string(version.plan.name),
                            "version": StaffView.number(version.version),
                            "subscribers": StaffView.number(subscribers),
                            "limits": StaffView.number(version.plan.limits.count),
                            "applied_at": StaffView.date(version.appliedAt),
                            "retired_at": StaffView.date(version.retiredAt),
                        ]
                    }
                )
            ]
        }
        return StaffReply(.done, body: body)
    }

    func showPlan(_ request: StaffRequest) async throws -> StaffReply {
        let id = Plan.ID(try request.text("id"))
        let latest = try await store.read { try $0.latestPlans() }
        guard let version = latest.first(where: { $0.plan.id == id }) else {
            throw StaffStop(.notFound, "There is no plan \(id).")
        }
        return StaffReply(
            .done,
            body: [
                "plan": version.plan.catalogue, "version": StaffView.number(version.version),
                "applied_at": StaffView.date(version.appliedAt),
                "retired_at": StaffView.date(version.retiredAt),
            ]
        )
    }

    func applyPlans(_ request: StaffRequest) async throws -> StaffReply {
        let catalogue: Catalogue
        let text = request.arguments["catalogue"]?.string ?? ""
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw StaffStop(
                .failed,
                "The catalogue is empty: to sell nothing more, apply {\"plans\": []}."
            )
        }
        do {
            catalogue = try Catalogue(parsing: text.utf8)
        } catch {
            // What is no catalogue at all breaks no rule of ours.
            throw StaffStop(error.path.isEmpty ? .failed : .refused, error.description)
        }
        let moving = (request.arguments["move"]?.array ?? []).compactMap(\.string).map(Plan.ID.init)
        for id in moving where !catalogue.plans.contains(where: { $0.id == id }) {
            throw StaffStop(.usage, "--move \(id): the file has no such plan.")
        }
        let warnings = try await checkServices(catalogue)
        let now = now()
        let isDry = request.flag("dry_run")
        let change =
            isDry
            ? try await store.read { try CatalogueDesk(access: access).preview(catalogue, in: $0) }
            : try await store.write { tx in
                try CatalogueDesk(access: access).apply(
                    catalogue,
                    actor: request.actor,
                    in: tx,
                    now: now
                )
            }
        var moved = 0
        if !isDry {
            for id in moving { moved += try await move(id, request.actor) }
            try await handleReturning(change)
        }
        return StaffReply(
            .done,
            isDry ? "Nothing was changed." : Self.sentence(change),
            body: [
                "plans": .array(change.lines.map(Self.line)),
                "returning_events": StaffView.number(change.returning.count),
                "moved": StaffView.number(moved),
                "warnings": .array(warnings.map(JSONValue.string)),
                "dry_run": .bool(isDry),
            ]
        )
    }

    private static func sentence(_ change: CatalogueChange) -> String {
        change.lines.allSatisfy { $0.kind == .unchanged }
            ? "The file is what is sold already." : "What the file says is sold now."
    }

    private func handleReturning(_ change: CatalogueChange) async throws {
        guard !change.returning.isEmpty else { return convergence.wake() }
        if isServing {
            arrived.ring()
        } else {
            while try await worker.drain() > 0 {}
        }
        convergence.wake()
    }

    private func move(_ id: Plan.ID, _ actor: String) async throws -> Int {
        var moved = 0
        var last: Subscription.ID?
        repeat {
            let now = now()
            let start = last
            let page = try await store.write { tx in
                try CatalogueDesk(access: access).move(
                    id,
                    after: start,
                    limit: 500,
                    actor: actor,
                    in: tx,
                    now: now
                )
            }
            moved += page.moved
            last = page.last
        } while last != nil
        notify()
        return moved
    }

    /// Refuses services that are never sold; what could not be checked is a warning.
    ///
    /// One of the type `system` is none to sell, whatever it is called, and whoever bought one that
    /// is not there would pay for a key that never comes. A platform that cannot be asked is only
    /// warned of, since plans may be applied before it is ready.
    private func checkServices(_ catalogue: Catalogue) async throws -> [String] {
        var warnings: [String] = []
        for name in Set(catalogue.plans.flatMap { $0.access.map(\.service) }).sorted() {
            let type: String?
            do {
                type = try await convergence.serviceType(named: name)
            } catch {
                warnings.append("The service \(name) could not be checked: \(error)")
                continue
            }
            if type == "system" {
                throw StaffStop(
                    .refused,
                    "The service \(name) is of the type system, which holds every API key: it is "
                        + "never sold."
                )
            }
            if type == nil {
                throw StaffStop(
                    .refused,
                    "\(Self.place(of: name, in: catalogue)): the platform has no service \(name); "
                        + "make it there first, or name one that it has."
                )
            }
        }
        return warnings
    }

    private static func place(of service: String, in catalogue: Catalogue) -> String {
        for (number, plan) in catalogue.plans.enumerated() {
            guard let rule = plan.access.firstIndex(where: { $0.service == service }) else {
                continue
            }
            return "plans[\(number)].access[\(rule)].service"
        }
        return "plans"
    }

    private static func line(_ line: CatalogueChange.Line) -> JSONValue {
        let milliseconds = Double(line.limits * 1_000 * microsecondsPerLimit) / 1_000
        return [
            "id": .string(line.plan.id.rawValue), "version": StaffView.number(line.plan.version),
            "change": .string(line.kind.rawValue), "staying": StaffView.number(line.staying),
            "limits": StaffView.number(line.limits),
            "call_ms_per_1000_subscribers": .number(milliseconds),
        ]
    }
}
