import DreamFactory
import Foundation
import JSON
import Provisioning
import Subscriptions

extension StaffOperations {
    /// As many lines as one transaction takes.
    private static let linesMax = 1_000

    /// Takes existing customers over, a page of lines at a time; called without any it only waits
    /// for their keys.
    ///
    /// Lines that are known change nothing, so that an import which broke off is begun again.
    func importSubscriptions(_ request: StaffRequest) async throws -> StaffReply {
        let file = try importFile(request)
        let isDry = request.flag("dry_run")
        let page = try await take(file, actor: request.actor, isDry: isDry)
        let isEmpty = file.lines.isEmpty && file.refusals.isEmpty
        if page.new + page.changed > 0, !isDry { notify() }
        let work =
            isEmpty && !isDry
            ? try await awaitBulk(request) : try await store.read { try $0.bulkWork() }
        return StaffReply(
            .done,
            body: [
                "dry_run": .bool(isDry), "new": .integer(Int64(page.new)),
                "changed": .integer(Int64(page.changed)), "known": .integer(Int64(page.known)),
                "refused": .array(
                    (file.refusals + page.refusals).sorted { $0.line < $1.line }.map(\.json)
                ),
                "under_way": .integer(Int64(work.underWay)), "stuck": .integer(Int64(work.stuck)),
            ]
        )
    }

    private func importFile(_ request: StaffRequest) throws -> ImportFile {
        let names = (request.arguments["columns"]?.array ?? []).compactMap(\.string)
        let rows = request.arguments["records"]?.array ?? []
        guard rows.count <= Self.linesMax else {
            throw StaffStop(.usage, "At most \(Self.linesMax) lines are taken at once.")
        }
        let records = try rows.map { row in
            let fields = row["fields"]?.array?.map(\.string)
            guard let line = row["line"]?.int, let fields, !fields.contains(nil) else {
                throw StaffStop(.usage, "A record has a line and a list of fields.")
            }
            return CSV.Record(line: line, fields: fields.compactMap(\.self))
        }
        return ImportFile(
            names: records.isEmpty ? ImportFile.columns : names,
            records: records,
            providers: Set(alarms.endpoints.keys)
        )
    }

    /// What a page of lines came to.
    private struct Page: Sendable {
        var new = 0
        var changed = 0
        var known = 0
        var refusals: [ImportRefusal] = []
    }

    /// Carried out of a transaction that is to leave nothing behind.
    private struct DryRun: Error {
        let page: Page
    }

    private func take(_ file: ImportFile, actor: String, isDry: Bool) async throws -> Page {
        guard !file.lines.isEmpty else { return Page() }
        let apps = try await namedApps(in: file)
        let (now, desk) = (now(), ImportDesk(access: access))
        do {
            return try await store.write { tx in
                var page = Page()
                for line in file.lines {
                    do {
                        let app = line.app.flatMap { apps[$0] }
                        switch try desk.take(line, app: app, actor: actor, in: tx, now: now) {
                        case .new: page.new += 1
                        case .changed: page.changed += 1
                        case .known: page.known += 1
                        }
                    } catch let refusal as ImportRefusal {
                        page.refusals.append(refusal)
                    }
                }
                if isDry { throw DryRun(page: page) }
                return page
            }
        } catch let dry as DryRun {
            return dry.page
        }
    }

    /// What the platform says of the apps that lines name and that are nobody's here yet.
    private func namedApps(in file: ImportFile) async throws -> [Int: NamedApp] {
        let named = Set(file.lines.compactMap(\.app))
        guard !named.isEmpty else { return [:] }
        let unknown = try await store.read { reader in
            try named.filter { try reader.subscription(appID: $0) == nil }
        }
        do {
            return try await provisioner.namedApps(unknown, ownKey: ownKey)
        } catch {
            throw StaffStop(
                .failed,
                "The apps that the file names cannot be read: \(error) None of these lines was taken; "
                    + "import the file again."
            )
        }
    }

    /// Waits, within `--wait`, until every first key of bulk work is proved or stuck.
    private func awaitBulk(_ request: StaffRequest) async throws -> BulkWork {
        let seconds = min(max(request.arguments["wait"]?.int ?? 0, 0), 600)
        let isWaiting = seconds > 0 && !isObserving
        return try await withThrowingTaskGroup(of: Void.self) { group in
            if isWaiting, !isServing { group.addTask { await provisioner.run() } }
            defer { group.cancelAll() }
            let waits = Waits(changed: changed)
            let limit = isWaiting ? Duration.seconds(seconds) : .zero
            let work = try await waits.first(within: limit) { isLast -> BulkWork? in
                let work = try await store.read { try $0.bulkWork() }
                return isLast || work.underWay <= work.stuck ? work : nil
            }
            return work ?? BulkWork(underWay: 0, stuck: 0)
        }
    }
}
