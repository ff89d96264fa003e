import DreamFactory

extension Doctor {
    /// What anybody reads without a key.
    func openDoors() async -> [Finding] {
        let world = anonymous(at: link.publicAddress)
        var findings: [Finding] = []
        do {
            let status = try await world.status()
            let version = status.version == nil ? "" : " and its version"
            findings.append(
                Finding(
                    "status",
                    .warning,
                    "Anybody reads at /status how much the platform holds\(version).",
                    "Block /status at the proxy before the platform."
                )
            )
        } catch {
            findings.append(Finding("status", .good, "/status is closed to the world."))
        }
        do {
            let seen = try await world.environment()
            let isTelling = seen.version != nil || seen.host != nil
            findings.append(
                Finding(
                    "environment",
                    isTelling ? .warning : .note,
                    isTelling
                        ? "Anybody reads version or host name at system/environment."
                        : "Anybody reads at system/environment how to log in.",
                    "Block /api/v2/system/environment for the world at the proxy."
                )
            )
        } catch {
            findings.append(
                Finding("environment", .good, "system/environment is closed to the world.")
            )
        }
        return findings
    }
}
