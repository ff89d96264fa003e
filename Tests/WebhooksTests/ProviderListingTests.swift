import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct ProviderListingTests {
    /// A listing, the questions of its two pages, and how it wraps them.
    struct Form: Sendable, CustomTestStringConvertible {
        let listing: any ProviderListing
        let first: String
        let second: String
        let sample: String
        let page: @Sendable (_ objects: [JSONValue], _ number: Int64, _ last: Int64) -> JSONValue

        var testDescription: String { listing.provider.rawValue }
    }

    private static let forms = [
        Form(
            listing: PaddleListing(),
            first: "subscriptions?per_page=200&order_by=id[ASC]",
            second: "subscriptions?per_page=200&order_by=id[ASC]"
                + "&after=sub_01h7ht5z5wdg9pz18jx1fagp8k",
            sample: "paddle/subscription.updated.json",
            page: { objects, number, last in
                [
                    "data": .array(objects),
                    "meta": ["pagination": ["has_more": .bool(number < last)]],
                ]
            }
        ),
        Form(
            listing: LemonSqueezyListing(),
            first: "subscriptions?page[size]=100&page[number]=1",
            second: "subscriptions?page[size]=100&page[number]=2",
            sample: "lemonsqueezy/subscription_updated.json",
            page: { objects, number, last in
                [
                    "data": .array(objects),
                    "meta": [
                        "page": ["currentPage": .integer(number), "lastPage": .integer(last)]
                    ],
                ]
            }
        ),
        Form(
            listing: PolarListing(),
            first: "subscriptions/?page=1&limit=100&sorting=started_at",
            second: "subscriptions/?page=2&limit=100&sorting=started_at",
            sample: "polar/subscription.updated.json",
            page: { objects, _, last in
                ["items": .array(objects), "pagination": ["max_page": .integer(last)]]
            }
        ),
    ]

    @Test(arguments: forms)
    func `every page is asked for once, to the last`(form: Form) async throws {
        let object = try #require(try Fixture.json(form.sample)["data"])
        let objects = FakeObjects([
            form.first: form.page([object], 1, 2), form.second: form.page([object, object], 2, 2),
        ])
        let first = try await form.listing.subscriptions(after: nil, from: objects)
        #expect(first.objects.map(\.value) == [object])
        #expect(first.objects.map(\.at) == [FakeObjects.now])
        let second = try await form.listing.subscriptions(after: first.next, from: objects)
        #expect(second.objects.count == 2)
        #expect(second.next == nil)
        #expect(objects.questions == [form.first, form.second])
    }

    @Test(arguments: forms)
    func `no subscriptions are one empty page`(form: Form) async throws {
        let objects = FakeObjects([form.first: form.page([], 1, 1)])
        let page = try await form.listing.subscriptions(after: nil, from: objects)
        #expect(page.objects.isEmpty)
        #expect(page.next == nil)
    }

    @Test(arguments: forms)
    func `an answer that is no page is an error and not the end of the list`(
        form: Form
    ) async throws {
        for answer in [[:], ["data": [], "items": []], ["data": 1, "items": 1]] as [JSONValue] {
            await #expect(throws: FieldFault.self) {
                try await form.listing
                    .subscriptions(after: nil, from: FakeObjects([form.first: answer]))
            }
        }
    }

    @Test(arguments: forms)
    func `a subscription of a page reads as a look at it`(form: Form) async throws {
        let object = try #require(try Fixture.json(form.sample)["data"])
        let id = try #require(object["id"]?.string)
        let answer: JSONValue =
            form.listing.provider == .polar ? object : ["data": object, "meta": [:]]
        let objects = FakeObjects(["subscriptions/\(id)": answer])
        let fetched = try await form.listing.subscription(id, from: objects)
        #expect(fetched.value == object)
        #expect(form.listing.id(of: fetched) == id)
        guard case .event(let event) = form.listing.reading(fetched, mode: .test),
            case .subscription(let snapshot) = event.change
        else {
            Issue.record("no event")
            return
        }
        #expect(event.provider == form.listing.provider)
        #expect(event.mode == .test)
        #expect(event.type == "reconcile")
        #expect(event.occurredAt == FakeObjects.now)
        #expect(event.fetchedAt == FakeObjects.now)
        #expect(snapshot.id == id)
        #expect(snapshot.status == .active)
        let odd = FetchedObject(value: ["id": 7], at: FakeObjects.now)
        #expect(summary(form.listing.reading(odd, mode: .test)).hasPrefix("parked malformed"))
    }

    @Test func `Lemon Squeezy's subscription says its own mode`() throws {
        let object = try #require(
            try Fixture.json("lemonsqueezy/_verbatim/subscription_created.json")["data"]
        )
        let fetched = FetchedObject(value: object, at: FakeObjects.now)
        #expect(summary(LemonSqueezyListing().reading(fetched, mode: .test)).hasPrefix("live "))
    }
}
