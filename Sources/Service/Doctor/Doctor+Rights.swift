import DreamFactory
package import JSON

extension Doctor {
    struct Rights {
        var findings: [Finding] = []
        /// Whether the caller is accepted at all.
        var isSomebody = false
        var mayWork = false
        var hasLimits = false
    }

    /// Whether the login or the key is accepted, and may do what Tollgate does.
    func rights() async -> Rights {
        var rights = Rights()
        let what = link.isByKey ? "key" : "login"
        let capabilities: Capabilities
        do {
            capabilities = try await client.capabilities()
        } catch {
            rights.findings.append(Finding(what, .grave, "\(error)", advice(for: error)))
            return rights
        }
        let weight = "The key works; whoever has it can give itself any right, so guard it well."
        rights.findings.append(Finding(what, .good, link.isByKey ? weight : "The login works."))
        rights.isSomebody = true
        rights.hasLimits = capabilities.hasLimits
        rights.findings.append(limitsPackage(capabilities.hasLimits))
        var missing = await lacking("role", client.roles)
        missing += await lacking("app", client.apps)
        missing += await lacking("service", client.services)
        if rights.hasLimits {
            missing += await lacking("limit", client.limits)
        }
        rights.mayWork = missing.isEmpty && capabilities.hasRolesAndApps
        rights.findings.append(
            rights.mayWork
                ? Finding("rights", .good, "Roles, apps, limits and services can be read.")
                : Finding(
                    "rights",
                    .grave,
                    "Not allowed to read \(missing.joined(separator: ", ")).",
                    rightsAdvice
                )
        )
        return rights
    }

    var rightsAdvice: String {
        link.isByKey
            ? "Give the key's app the role that tollgate doctor --role prints."
            : "Log in as an administrator who has no role: a role takes rights away."
    }

    private func advice(for error: PlatformError) -> String {
        switch error.reason {
        case .loginRefused: "Check DREAMFACTORY_EMAIL and DREAMFACTORY_PASSWORD."
        case .keyUnknown, .inactive: "Check DREAMFACTORY_API_KEY, and that its app has a role."
        default: rightsAdvice
        }
    }

    private func limitsPackage(_ isThere: Bool) -> Finding {
        guard !isThere else { return Finding("limits", .good, "The limits package is installed.") }
        return Finding(
            "limits",
            .grave,
            "The platform has no volume limits.",
            "Install the package df-limits and clear the platform's cache; plans with limits wait "
                + "until then."
        )
    }

    private func lacking<Record: SystemRecord>(
        _ name: String,
        _ records: SystemRecords<Record>
    ) async -> [String] {
        do {
            _ = try await records.list(
                RecordQuery(fields: ["id"], limit: 1),
                as: JSONValue.self
            )
            return []
        } catch {
            return [name]
        }
    }

    /// The role that an app's key needs in place of a login, as `POST system/role` takes it.
    ///
    /// It has a rule for each service that the caller sees; a key sees only those that its own role
    /// has a rule for.
    package func neededRole() async throws -> JSONValue {
        let services = try await seenServices()
        let system = services.first(where: Self.isSystem)?.id.rawValue
        return NeededRole.json(
            systemService: system ?? NeededRole.systemService,
            sold: services.filter { !Self.isSystem($0) }.map(\.id.rawValue)
        )
    }

    private static func isSystem(_ service: PlatformService) -> Bool {
        service.type == "system" || service.name == "system"
    }

    private func seenServices() async throws -> [PlatformService] {
        var services: [PlatformService] = []
        let query = RecordQuery(fields: ["id", "name", "type"])
        for try await service in client.services.all(query, as: PlatformService.self) {
            services.append(service)
        }
        return services
    }

    /// What plans can sell with a key: only what the key is shown.
    func sellable() async -> [Finding] {
        guard link.isByKey else { return [] }
        do {
            let names = try await seenServices().filter { !Self.isSystem($0) }.compactMap(\.name)
            guard !names.isEmpty else {
                return [
                    Finding(
                        "services",
                        .grave,
                        "The key is shown no service that a plan could sell.",
                        Self.servicesAdvice
                    )
                ]
            }
            let list = names.sorted().joined(separator: ", ")
            let text = "The key is shown these services, and plans can sell no other: \(list)."
            return [Finding("services", .note, text, Self.servicesAdvice)]
        } catch {
            return [Finding("services", .warning, "\(error)", rightsAdvice)]
        }
    }

    private static let servicesAdvice =
        "Give its role a rule for each: tollgate doctor --role with an administrator's login prints "
        + "them all."

    /// The apps that every installation has, with keys that everybody knows.
    func builtInApps() async -> [Finding] {
        do {
            var findings: [Finding] = []
            for try await app in client.apps.all(
                RecordQuery(fields: ["id", "name", "is_active", "role_id", "type"]),
                as: App.self
            ) where ["admin", "api_docs", "file_manager"].contains(app.name) {
                let name = app.name ?? ""
                if app.roleID != nil {
                    findings.append(
                        Finding(
                            "built-in apps",
                            app.isActive == true ? .grave : .warning,
                            "The built-in app \(name) has a role, and its key is published.",
                            "Take the role away from \(name): anybody can use it."
                        )
                    )
                } else if app.isActive == true {
                    findings.append(
                        Finding(
                            "built-in apps",
                            .note,
                            "The built-in app \(name) has no role; its key is the same everywhere.",
                            "Never give it a role; switch it off where nobody uses it."
                        )
                    )
                }
            }
            return findings
        } catch {
            return [Finding("built-in apps", .warning, "\(error)", rightsAdvice)]
        }
    }

    /// How many limits are active; every one slows every call of everybody.
    func activeLimits() async -> [Finding] {
        do {
            var active = 0
            for try await limit in client.limits.all(
                RecordQuery(fields: ["id", "is_active"]),
                as: Limit.self
            )
            where limit.isActive == true {
                active += 1
            }
            let cost = Double(active) * 0.036
            let text = "\(active) limits are active, by our measurement about "
            return [
                Finding(
                    "active limits",
                    active > 5_000 ? .warning : .note,
                    text + "\((cost * 100).rounded() / 100) ms of every call.",
                    active > 5_000 ? "Remove limits that nobody needs any more." : nil
                )
            ]
        } catch {
            return [Finding("active limits", .warning, "\(error)", rightsAdvice)]
        }
    }
}
