import Foundation
import JSON
import Subscriptions
import Webhooks

extension StaffOperations {
    /// Compares one page of subscriptions with their provider; called again until it is done.
    ///
    /// A run that is written goes on where it was; a dry one is told where by `cursor`.
    func reconcile(_ request: StaffRequest) async throws -> StaffReply {
        let name = request.arguments["provider"]?.string ?? Provider.stripe.rawValue
        guard let reconciler = reconcilers[Provider(rawValue: name)] else {
            throw StaffStop(
                .usage,
                "There is no key for the API of \(name): set STRIPE_API_KEY to compare with Stripe."
            )
        }
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
                "provider": .string(name), "dry_run": .bool(isDry), "resumed": .bool(isResumed),
                "compared": .integer(Int64(page.run.compared)),
                "changed": .integer(Int64(page.run.changed)),
                "returned": .integer(Int64(page.returned)),
                "cursor": StaffView.text(page.run.cursor),
                "done": .bool(page.run.finishedAt != nil),
                "differences": .array(page.differences.map(Self.difference)),
            ]
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
