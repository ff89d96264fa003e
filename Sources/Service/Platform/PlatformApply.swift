import Digest
import DreamFactory

/// Makes a platform what a picture says.
///
/// Each step looks nothing up but what was read at the start, and none does harm when it is made
/// again: after a break the same call goes on where the last one ended.
package struct PlatformApply: Sendable {
    /// What came of it.
    package struct Outcome: Sendable {
        /// The steps that were made.
        package internal(set) var done: [PlatformPlan.Step] = []
        /// The steps that failed, each with its reason.
        package internal(set) var failed: [(step: PlatformPlan.Step, reason: String)] = []
        /// What is not as the picture says, afterwards.
        package internal(set) var left: [String] = []
        /// The apps that were made, whose new keys stand at the platform only.
        package var newApps: [String] {
            done.filter { $0.action == .create && $0.kind == .apps }.map(\.key)
        }
    }

    /// Hears of each step before it is made: its number, of how many, and what it is.
    package typealias Progress = @Sendable (Int, Int, PlatformPlan.Step) -> Void

    /// What is to be done.
    package let plan: PlatformPlan
    private let link: PlatformLink
    private let wanted: PlatformPicture
    private let prunes: Bool
    private let random: @Sendable (Int) -> [UInt8]
    private var writer: PictureWriter

    /// Reads the platform and says what is to be done; nothing is changed yet.
    package init(
        _ wanted: PlatformPicture,
        to link: PlatformLink,
        prune: Bool,
        random: @escaping @Sendable (Int) -> [UInt8] = { SecureRandom().bytes($0) }
    ) async throws {
        let namesUsers = (wanted.records[.limits] ?? [:]).values.contains { $0["user"] != nil }
        let live = try await LivePlatform.read(link, users: namesUsers)
        plan = PlatformPlan(from: live, to: wanted, prune: prune)
        self.link = link
        self.wanted = wanted
        self.random = random
        prunes = prune
        writer = PictureWriter(client: link.client(), live: live, wanted: wanted, random: random)
    }

    /// Does it, and looks afterwards what is left.
    package mutating func run(progress: Progress) async throws -> Outcome {
        var outcome = Outcome()
        for (index, step) in plan.steps.enumerated() {
            progress(index + 1, plan.steps.count, step)
            do {
                try await writer.make(step)
                outcome.done.append(step)
            } catch {
                outcome.failed.append((step, "\(error)"))
                // Nobody there: the rest would fail too, each after its own wait.
                if case .transport? = (error as? PlatformError)?.reason { break }
            }
        }
        outcome.left = plan.kept
        let after = PlatformPlan(from: try await LivePlatform.read(link), to: wanted, prune: prunes)
        outcome.left += after.steps.map { "Not done: \($0.text)." }
        outcome.left += after.kept.filter { !plan.kept.contains($0) }
        return outcome
    }
}
