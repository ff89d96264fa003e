import Foundation
import JSON
import Service
import Transport

/// Looks at the platform as Tollgate needs it.
struct DoctorCommand: Command {
    let declaration = Declaration(
        words: ["doctor"],
        summary: "Looks at the platform: what works, what it costs, and what is open.",
        ownOptions: [
            .flag("all", "look at every environment of the file"),
            .flag("role", "print only the role that a key in place of a login needs"),
        ],
        notes: [
            "It makes a role, an app and a limit named tollgate-…-doctor-… and removes them again.",
            "It exits 1 if anything keeps Tollgate from its work or lets a revoked key live on.",
            """
            For DREAMFACTORY_API_KEY: with an administrator's login, send what --role prints to
            POST /api/v2/system/role, and make an app with that role and a key of 64 hex digits
            that you supply, since the platform's own can be guessed. Whoever has the key can give
            itself any right. A new service needs a rule in the role before a plan can sell it.
            """,
        ]
    )

    /// What carries the calls; tests give their own.
    var sender: @Sendable () -> any RequestSender = { URLSessionSender() }

    func run(_ call: Call) async throws -> Exit {
        var names = [call.arguments["environment"]]
        if call.arguments.has("all") {
            names = try call.settings(named: nil).environments
            guard !names.isEmpty else {
                throw CommandFailure(
                    .failed,
                    "The configuration has no environments: add them to the file of --config."
                )
            }
        }
        guard !call.arguments.has("role") else { return try await printRole(names, call) }
        var reports: [JSONValue] = []
        var isGrave = false
        let unknown = UnknownSetting.all(in: call.environment).map(\.finding)
        for name in names {
            let link = try call.link(to: name, sender: sender())
            var diagnosis = await Doctor(link, elapsed: Self.elapsed, random: Self.random).examine()
            diagnosis.findings += unknown
            isGrave = isGrave || diagnosis.isGrave
            if !call.isJSON { call.console.print(Self.text(diagnosis, of: link)) }
            reports.append(Self.json(diagnosis, of: link))
        }
        if call.isJSON { call.console.print(json: ["platforms": .array(reports)]) }
        return isGrave ? .failed : .done
    }

    private func printRole(_ names: [String?], _ call: Call) async throws -> Exit {
        guard names.count == 1 else {
            throw UsageError("--role is of one environment: leave --all out.", declaration)
        }
        let link = try call.link(to: names[0], sender: sender())
        call.warnOfKey(link)
        let doctor = Doctor(link, elapsed: Self.elapsed, random: Self.random)
        call.console.print(try await doctor.neededRole().text(pretty: true))
        return .done
    }

    private static let start = ContinuousClock.now
    private static let elapsed: @Sendable () -> Duration = { start.duration(to: .now) }
    private static let random: @Sendable (Int) -> [UInt8] = { count in
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    private static func json(_ diagnosis: Diagnosis, of link: PlatformLink) -> JSONValue {
        var members: [String: JSONValue] = [
            "platform": .string(link.origin), "grave": .bool(diagnosis.isGrave),
            "findings": .array(diagnosis.findings.map(\.json)),
        ]
        if let name = link.name { members["environment"] = .string(name) }
        if let role = diagnosis.role { members["role_of_the_key"] = role }
        return .object(members)
    }

    private static func text(_ diagnosis: Diagnosis, of link: PlatformLink) -> String {
        var text = (link.name.map { "\($0): " } ?? "") + link.origin + "\n"
        var rows: [[String]] = []
        for finding in diagnosis.findings {
            rows.append([finding.level.rawValue, finding.check, finding.text])
            if let advice = finding.advice { rows.append(["", "", "→ \(advice)"]) }
        }
        text += Table(rows: rows, lineMax: 100).text(indent: 2)
        if let role = diagnosis.role {
            text += "the role that the key needs, as POST /api/v2/system/role takes it:\n"
            text += role.text(pretty: true) + "\n"
        }
        return text
    }
}

extension Call {
    /// Says that what a key reads is not all there is.
    func warnOfKey(_ link: PlatformLink) {
        guard link.isByKey else { return }
        console.complain(
            "tollgate: \(link.origin) shows a key only the services that its role has a rule for; "
                + "an administrator's login sees all."
        )
    }

    /// The platform of a named environment, or of the settings themselves.
    func link(to name: String?, sender: any RequestSender) throws -> PlatformLink {
        try PlatformLink(settings(named: name), name: name, sender: sender, now: { Date() })
    }
}
