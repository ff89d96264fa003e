import Digest
import DreamFactory
import JSON
import Subscriptions

extension Doctor {
    /// What the trial makes, for as long as it is there.
    private struct Trial {
        let role: RecordID<RoleRecord>
        let key: AppKey
    }

    /// How often a key is used after a change: each time another machine may answer.
    private static let uses = 8

    /// Makes a key, uses it, changes it, uses it again, and removes all of it.
    func trial(hasLimits: Bool) async -> [Finding] {
        let suffix = Hex.encode(random(5))
        guard let key = AppKey(Hex.encode(random(32))) else { return [] }
        let name = "tollgate-\(link.mode.rawValue)-doctor-\(suffix)"
        var findings: [Finding] = []
        do {
            let role = try await make(name, key)
            let trial = Trial(role: role, key: key)
            do {
                findings += try await cost(trial)
                findings.append(try await cache(trial))
                if hasLimits { findings.append(try await counters(trial, name)) }
                findings.append(try await subscriberView(trial))
            } catch {
                findings.append(Finding("trial", .grave, "\(error)", rightsAdvice))
            }
            findings += await remove(trial, name)
        } catch {
            findings.append(Finding("trial", .grave, "\(error)", rightsAdvice))
            findings += await leftovers(name)
        }
        return findings
    }

    /// A role that may read one harmless list, and its app.
    private func make(
        _ name: String,
        _ key: AppKey
    ) async throws(PlatformError) -> RecordID<RoleRecord> {
        let system = try await client.services.list(
            RecordQuery(filter: try named("system"), fields: ["id"]),
            as: PlatformService.self
        ).rows.first?.id
        let rules = system.map {
            [RoleRule(service: $0, component: "service_type/*", verbMask: 1)]
        }
        let draft = RoleDraft(
            name: name,
            description: "A trial of tollgate doctor; it may be deleted.",
            accessRules: rules ?? [],
            apps: [AppDraft(name: name, apiKey: key)]
        )
        let made: [Role] = try await client.roles.create([draft])
        guard let id = made.first?.id else {
            throw PlatformError(.createRole, .unreadable(status: 200))
        }
        return id
    }

    func named(_ name: String) throws(PlatformError) -> Filter {
        do {
            return try Filter("name", .equals, .text(name))
        } catch {
            throw PlatformError(.findRole, .refused(status: 0))
        }
    }

    /// A change must be seen wherever the next call goes; otherwise revoked keys live on.
    private func cache(_ trial: Trial) async throws(PlatformError) -> Finding {
        guard try await states(trial.key).allSatisfy({ $0 == .alive }) else {
            return Finding(
                "cache",
                .grave,
                "A new key is not accepted everywhere.",
                "Let all machines of the platform use one database and one cache."
            )
        }
        let off: JSONValue = ["is_active": false]
        _ = try await client.roles.update(trial.role, off)
        let after = try await states(trial.key)
        let on: JSONValue = ["is_active": true]
        _ = try await client.roles.update(trial.role, on)
        let late = after.count { $0 == .alive }
        guard late == 0 else {
            return Finding(
                "cache",
                .grave,
                "A key that was switched off was let in \(late) of \(Self.uses) times.",
                "Let all machines share one cache (CACHE_STORE=redis): revoked keys work for hours."
            )
        }
        return Finding("cache", .good, "A change of a key is seen at once, \(Self.uses) times.")
    }

    private func states(_ key: AppKey) async throws(PlatformError) -> [KeyState] {
        var states: [KeyState] = []
        let client = link.client(as: .anonymous)
        for _ in 0..<Self.uses { states.append(try await client.probe(key)) }
        return states
    }

    /// What counted calls leave in the counter must be as many as there were.
    private func counters(_ trial: Trial, _ name: String) async throws(PlatformError) -> Finding {
        var draft = LimitDraft(.role, name: name, rate: 100_000, period: .hour)
        draft.roleID = trial.role
        let made: [Limit] = try await client.limits.create([draft])
        guard let limit = made.first?.id else {
            throw PlatformError(.createLimit, .unreadable(status: 200))
        }
        let user = keyed(trial)
        for _ in 0..<Self.uses { _ = try await user.serviceTypes.list() }
        var read: Set<Int> = []
        for _ in 0..<3 { read.insert(try await client.counter(of: limit).attempts) }
        try await client.limits.delete(limit)
        guard read == [Self.uses] else {
            let seen = read.sorted().map(String.init).joined(separator: " or ")
            return Finding(
                "counters",
                .grave,
                "\(Self.uses) calls were made and the counter says \(seen).",
                "Let all machines share one store of counters (LIMIT_CACHE_DRIVER=redis)."
            )
        }
        return Finding("counters", .good, "Each of \(Self.uses) calls was counted once.")
    }

    private func keyed(_ trial: Trial) -> PlatformClient { link.client(as: .apiKey(trial.key)) }

    /// A call with a key pays for every active limit; one of an administrator pays for none.
    private func cost(_ trial: Trial) async throws(PlatformError) -> [Finding] {
        let user = keyed(trial)
        let withKey = try await median { () throws(PlatformError) in
            _ = try await user.serviceTypes.list()
        }
        guard !link.isByKey else {
            return [Finding("call cost", .note, "A call with a key takes \(text(withKey)).")]
        }
        let asAdministrator = try await median { () throws(PlatformError) in
            _ = try await client.serviceTypes.list()
        }
        let first = "A call with a key takes \(text(withKey)); as an administrator, whom no limit "
        return [Finding("call cost", .note, first + "slows, \(text(asAdministrator)).")]
    }

    private func text(_ duration: Duration) -> String {
        "\(((duration / .milliseconds(1)) * 10).rounded() / 10) ms"
    }

    private func median(
        _ body: () async throws(PlatformError) -> Void
    ) async throws(PlatformError) -> Duration {
        // The first one fills the caches.
        try await body()
        var times: [Duration] = []
        for _ in 0..<9 {
            let start = elapsed()
            try await body()
            times.append(elapsed() - start)
        }
        return times.sorted()[times.count / 2]
    }

    /// What a subscriber's key reads of the platform itself.
    private func subscriberView(_ trial: Trial) async throws(PlatformError) -> Finding {
        let seen: PlatformEnvironment
        do {
            seen = try await link.client(as: .apiKey(trial.key), at: link.publicAddress)
                .environment()
        } catch {
            return Finding("environment", .good, "A subscriber's key does not read it.")
        }
        let names = [
            seen.version == nil ? nil : "version", seen.host == nil ? nil : "host name",
            seen.json.at("platform", "license_key") == nil ? nil : "licence key",
        ].compactMap(\.self)
        guard !names.isEmpty else {
            return Finding("environment", .good, "A subscriber's key reads nothing of note there.")
        }
        return Finding(
            "environment",
            .warning,
            "Any subscriber's key reads \(names.joined(separator: ", ")) at system/environment.",
            "Block /api/v2/system/environment for subscribers at the proxy before the platform."
        )
    }

    private func remove(_ trial: Trial, _ name: String) async -> [Finding] {
        var findings = await leftovers(name)
        do {
            let state = try await link.client(as: .anonymous).probe(trial.key)
            if state == .alive {
                findings.append(
                    Finding(
                        "cache",
                        .grave,
                        "The key of a deleted app is still let in.",
                        "Let all machines share one cache (CACHE_STORE=redis), then clear it."
                    )
                )
            }
        } catch {
            findings.append(Finding("trial", .warning, "\(error)"))
        }
        return findings
    }

    /// Removes what has the trial's name, whether or not its creation was answered.
    private func leftovers(_ name: String) async -> [Finding] {
        do {
            let filter = try named(name)
            for app in try await client.apps.list(
                RecordQuery(filter: filter, fields: ["id", "name"]),
                as: App.self
            ).rows where app.name == name {
                try await client.apps.delete(app.id)
            }
            for role in try await client.roles.list(
                RecordQuery(filter: filter, fields: ["id", "name"]),
                as: Role.self
            ).rows where role.name == name {
                try await client.roles.delete(role.id)
            }
            return []
        } catch {
            return [
                Finding(
                    "trial",
                    .warning,
                    "What the doctor made may be left at the platform: \(error)",
                    "Delete the app, the role and the limit named \(name)."
                )
            ]
        }
    }
}
