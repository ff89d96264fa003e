import Foundation
import JSON
import Subscriptions
import Webhooks

extension StaffOperations {
    /// Compares one page of subscriptions with their provider; called again until it is done.
    ///
    /// A run that is written goes on where it was; a dry one is told where by `cursor`.
    func reconcile(_ request: StaffRequest) async throws -> StaffReply {
        let names = reconcilers.keys.map(\.rawValue).sorted()
        guard request.arguments["provider"]?.string != nil || names.count < 2 else {
            return StaffReply(
                .usage,
                "Several providers can be compared with: name one of \(names.joined(separator: ", ")).",
                body: ["providers": .array(names.map(JSONValue.string))]
            )
        }
        let reconciler = try reconciler(request.arguments["provider"]?.string ?? names.first)
        let isDry = request.flag("dry_run")
        var run = try await reconciler.begin(isAnew: isDry || request.flag("anew"))
        let isResumed = run.cursor != nil
        if isDry {
            run.cursor = request.arguments["cursor"]?.string
            run.compared = request.arguments["compared"]?.int ?? 0
            run.changed = request.arguments["changed"]?.int ?? 0
        }
        let page: Reconciler.Page
        do {
            page = try await reconciler.page(of: run, actor: request.actor, isDry: isDry)
        } catch let failure as FetchFailure {
            throw StaffStop(
                .failed,
                "\(failure) Nobody's access ends for what was not seen: run it again to go on "
                    + "after \(run.compared) subscriptions."
            )
        }
        if !isServing { while try await worker.drain() > 0 {} }
        return StaffReply(
            .done,
            body: [
                "provider": .string(reconciler.provider.rawValue), "dry_run": .bool(isDry),
                "resumed": .bool(isResumed),
                "compared": .integer(Int64(page.run.compared)),
                "changed": .integer(Int64(page.run.changed)),
                "returned": .integer(Int64(page.returned)),
                "cursor": StaffView.text(page.run.cursor), "last": StaffView.text(page.last),
                "done": .bool(page.run.finishedAt != nil),
                "differences": .array(page.differences.map(Self.difference)),
            ]
        )
    }

    private func reconciler(_ name: String?) throws -> Reconciler {
        if let name, let reconciler = reconcilers[Provider(rawValue: name)] { return reconciler }
        let known = name.flatMap(KnownProvider.named)
        if let known, known.api == nil {
            throw StaffStop(
                .usage,
                "\(known.title) has no API to compare with: its events are all that is known."
            )
        }
        let settings = (known.map { [$0] } ?? KnownProvider.all).compactMap(\.api?.form.setting)
        throw StaffStop(
            .usage,
            "There is no key for the API of \(known?.title ?? name ?? "any provider"): set "
                + "\(settings.joined(separator: " or ")) to compare."
        )
    }

    private static func difference(_ difference: Difference) -> JSONValue {
        [
            "kind": .string(difference.kind.rawValue),
            "provider_id": .string(difference.providerID),
            "subscription": StaffView.text(difference.subscriptionID?.rawValue),
            "access_before": StaffView.text(difference.accessBefore?.rawValue),
            "access_after": StaffView.text(difference.accessAfter?.rawValue),
            "reason": .string(difference.reason),
            "fields": .array(
                difference.fields.map { field in
                    [
                        "name": .string(field.name), "ours": .string(field.ours),
                        "theirs": .string(field.theirs),
                    ]
                }
            ),
        ]
    }
}
