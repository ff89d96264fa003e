import Foundation
import Provisioning
import Subscriptions

/// Compares the platform with the grants, and keeps what came of it for `status`.
struct DriftWatch: Sendable {
    let store: any Store
    let provisioner: Provisioner
    let now: @Sendable () -> Date

    /// Compares once.
    func compare() async throws -> DriftScan {
        let started = now()
        let scan = try await provisioner.scan()
        let report = DriftReport(
            startedAt: started,
            finishedAt: now(),
            compared: scan.compared,
            differences: scan.drift.count
        )
        try await store.write { try $0.save(report) }
        return scan
    }

    /// Whether the last comparison is older than it may be.
    func isDue(every interval: Duration) async throws -> Bool {
        let report = try await store.read { try $0.driftReport() }
        guard let report else { return true }
        return now().timeIntervalSince(report.finishedAt) >= interval.seconds
    }
}
