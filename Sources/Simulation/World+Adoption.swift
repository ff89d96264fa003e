import DreamFactory
import Provisioning
import Subscriptions

import struct Foundation.Date

/// Customers of before, whose apps are taken over by an import.
extension World {
    /// The provider has told of the customer long ago, to nobody here; the platform has their app.
    func adopt(_ person: Int, _ price: Int) async throws {
        scheduleDeliveries()
        let index = provider.contracts.count
        provider.signUp(person, price, .paid, clock.time)
        guard provider.contracts.count > index else { return }
        scheduledCount = provider.events.count
        let app = try platform.placeLegacy()
        // Unless the import is known to have come through, nobody here may know the customer.
        unclear.insert(index)
        let named: NamedApp?
        do {
            let id = Int(app.rawValue)
            named = try await liveProvisioner().namedApps([id], ownKey: nil)[id]
        } catch {
            return note { "the import finds the platform down" }
        }
        let line = line(of: provider.contracts[index], app, price)
        let (desk, now) = (ImportDesk(access: access), clock.now)
        do {
            _ = try await store.write { tx in
                try desk.take(line, app: named, actor: "staff:ada", in: tx, now: now)
            }
            unclear.remove(index)
        } catch let refusal as ImportRefusal {
            note { "the import refuses the line: \(refusal.sentence)" }
        }
    }

    private func line(
        of contract: SimulatedProvider.Contract,
        _ app: RecordID<AppRecord>,
        _ price: Int
    ) -> ImportLine {
        ImportLine(
            number: 2,
            email: "\(contract.customer)@example.com",
            plan: Plan.ID(price == 0 ? "pro" : "team"),
            provider: .stripe,
            customer: contract.customer,
            subscription: contract.id,
            paidUntil: Date(timeIntervalSince1970: contract.periodEnd),
            app: Int(app.rawValue)
        )
    }
}

extension SimulatedPlatform {
    /// Makes an app of before, and once the role that all of them share, with an app of somebody
    /// who is no customer.
    func placeLegacy() throws -> RecordID<AppRecord> {
        if legacyRole == nil {
            let role: RecordID<RoleRecord> = try state.makeID()
            let rule = RecordID<ServiceRecord>(7).map {
                Rule(serviceID: $0, component: "_table/*", verbMask: 31)
            }
            legacyRole = RoleRecord(
                id: role,
                name: "legacy",
                isActive: true,
                rules: [RuleRecord(id: try state.makeID(), rule: rule)],
                apps: []
            )
            state.roles[role.rawValue] = legacyRole
            _ = try placeLegacyApp(on: role)
        }
        return try placeLegacyApp(on: legacyRole?.id)
    }

    private func placeLegacyApp(on role: RecordID<RoleRecord>?) throws -> RecordID<AppRecord> {
        let id: RecordID<AppRecord> = try state.makeID()
        let text = "legacy\(id)"
        let app = AppRecord(
            id: id,
            name: text,
            apiKey: AppKey(text + String(repeating: "x", count: 64 - text.utf8.count)),
            isActive: true,
            roleID: role
        )
        state.apps[id.rawValue] = app
        legacyApps[id.rawValue] = app
        return id
    }
}
