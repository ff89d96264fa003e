import DreamFactory
import Foundation
import JSON
import Transport

/// Looks at a platform as Tollgate needs it: what works, what it costs, and what is open.
///
/// It makes one role, app and limit under a name of Tollgate's own and removes them again.
package struct Doctor: Sendable {
    let link: PlatformLink
    let clock: ClockReader
    let client: PlatformClient
    let elapsed: @Sendable () -> Duration
    let random: @Sendable (Int) -> [UInt8]

    /// Makes a doctor for a platform.
    ///
    /// - Parameters:
    ///   - link: The platform.
    ///   - elapsed: A clock that only goes forward, to measure calls with.
    ///   - random: Random bytes, for the key of its trial.
    package init(
        _ link: PlatformLink,
        elapsed: @escaping @Sendable () -> Duration,
        random: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.link = link
        self.elapsed = elapsed
        self.random = random
        clock = ClockReader(link.sender, now: link.now)
        client = PlatformClient(
            address: link.address,
            caller: link.caller,
            sender: clock,
            policy: CallPolicy(concurrentCalls: 1),
            now: link.now
        )
    }

    /// Looks at everything; what needs a check that failed is left out.
    package func examine() async -> Diagnosis {
        var diagnosis = Diagnosis()
        guard await isReachable(&diagnosis) else { return diagnosis }
        let rights = await rights()
        if link.isByKey, !rights.mayWork { diagnosis.role = await likelyRole() }
        diagnosis.findings += rights.findings
        // Who is nobody there is told neither, which says nothing about the platform.
        if rights.isSomebody { diagnosis.findings += await environment() }
        diagnosis.findings.append(skew)
        if rights.mayWork {
            diagnosis.findings += await sellable()
            diagnosis.findings += await builtInApps()
            if rights.hasLimits { diagnosis.findings += await activeLimits() }
            diagnosis.findings += await trial(hasLimits: rights.hasLimits)
        }
        diagnosis.findings += await openDoors()
        return diagnosis
    }

    /// The role as far as the key lets its ids be read.
    private func likelyRole() async -> JSONValue {
        do {
            return try await neededRole()
        } catch {
            // The findings say already what the key may not read.
            return NeededRole.json(systemService: NeededRole.systemService, sold: [])
        }
    }

    private func isReachable(_ diagnosis: inout Diagnosis) async -> Bool {
        do {
            _ = try await anonymous().environment()
            diagnosis.findings.append(
                Finding("reachable", .good, "\(link.origin) answers as the platform does.")
            )
            return true
        } catch {
            // A refusal is an answer of the platform too, though not the usual one.
            if case .forbidden = error.reason { return true }
            let advice = "Check DREAMFACTORY_URL, the network, and what stands before the platform."
            diagnosis.findings.append(Finding("reachable", .grave, "\(error)", advice))
            return false
        }
    }

    func anonymous(at place: PlatformAddress? = nil) -> PlatformClient {
        PlatformClient(
            address: place ?? link.address,
            caller: .anonymous,
            sender: clock,
            policy: CallPolicy(concurrentCalls: 1),
            now: link.now
        )
    }

    private var skew: Finding {
        guard let skew = clock.skew else {
            return Finding(
                "clock",
                .warning,
                "The platform's answers have no Date field.",
                "Let the server before the platform send it, or compare the clocks by hand."
            )
        }
        let seconds = Int(abs(skew).rounded(.up))
        guard seconds > 5 else {
            return Finding("clock", .good, "The clocks agree within \(max(seconds, 1)) s.")
        }
        let way = skew > 0 ? "ahead of" : "behind"
        return Finding(
            "clock",
            seconds > 300 ? .grave : .warning,
            "The platform's clock is \(seconds) s \(way) ours.",
            "Synchronise both machines with NTP: sessions and billing months go by these clocks."
        )
    }

    private func environment() async -> [Finding] {
        do {
            let environment = try await client.environment()
            return [version(environment), wrapper(environment)]
        } catch {
            let advice = "Let the caller read system/environment."
            return [Finding("version", .warning, "\(error)", advice)]
        }
    }

    private func version(_ environment: PlatformEnvironment) -> Finding {
        guard let version = environment.version else {
            return Finding(
                "version",
                .warning,
                "The platform does not say its version.",
                "Make sure that it is DreamFactory 7."
            )
        }
        guard version.hasPrefix("7.") else {
            return Finding(
                "version",
                .warning,
                "The platform is of version \(version); Tollgate was tried with 7.3 to 7.5.",
                "Try the whole road on a copy of this platform first."
            )
        }
        return Finding("version", .good, "The platform is of version \(version).")
    }

    private func wrapper(_ environment: PlatformEnvironment) -> Finding {
        if environment.wrapsLists == true, environment.wrapper == "resource" {
            return Finding("wrapper", .good, "Lists are wrapped in resource.")
        }
        return Finding(
            "wrapper",
            environment.wrapsLists == nil ? .warning : .grave,
            environment.wrapsLists == nil
                ? "The platform does not say how it wraps lists."
                : "Lists are not wrapped in resource.",
            "Set DF_ALWAYS_WRAP_RESOURCES=true and DF_RESOURCES_WRAPPER=resource at the platform."
        )
    }
}
