import Foundation
import JSON
import Subscriptions
import Synchronization
import Transport

@testable import Service

/// The few parts of a provider's API that are read, over objects that a test sets.
final class FakeAPI: Sendable {
    static let key = "rk_test_of_the_tests_0123456789"

    private struct State {
        var objects: [String: JSONValue] = [:]
        var script: [Result<ClientResponse, TransportError>] = []
        var requests: [String] = []
        var pageSize = 100
        var unlisted: Set<String> = []
    }

    let provider: KnownProvider
    private let state = Mutex(State())

    init(_ provider: KnownProvider) { self.provider = provider }

    /// Where it answers in test mode.
    var host: String? { provider.api?.origins[.test].flatMap { URL(string: $0)?.host } }

    /// The requests in order, as path and query.
    var requests: [String] { state.withLock { $0.requests } }

    /// Objects from now on, by the path of the request for each.
    func set(_ objects: [String: JSONValue]) {
        state.withLock { state in
            for (path, object) in objects { state.objects[path] = object }
        }
    }

    func remove(_ path: String) { state.withLock { _ = $0.objects.removeValue(forKey: path) } }

    /// Leaves an object out of every list; who asks for it by its id is answered.
    func unlist(_ id: String) { state.withLock { _ = $0.unlisted.insert(id) } }

    /// How many objects a list has at most.
    func setPageSize(_ size: Int) { state.withLock { $0.pageSize = size } }

    /// Answers the next requests with these instead.
    func script(_ answers: Result<ClientResponse, TransportError>...) {
        state.withLock { $0.script += answers }
    }

    func script(_ statuses: Int..., headers: [String: String] = [:]) {
        state.withLock { state in
            state.script += statuses.map { .success(ClientResponse(status: $0, headers: headers)) }
        }
    }

    /// Answers of its own accord again.
    func forgetScript() { state.withLock { $0.script = [] } }

    func answer(_ request: ClientRequest) throws(TransportError) -> ClientResponse {
        try state.withLock { (state) throws(TransportError) -> ClientResponse in
            let query = request.url.query.map { "?\($0)" } ?? ""
            let parts = URLComponents(url: request.url, resolvingAgainstBaseURL: false)
            // The path of a URL loses a slash at its end.
            let path = parts?.path ?? request.url.path
            state.requests.append(path + query)
            if !state.script.isEmpty { return try state.script.removeFirst().get() }
            let fixed = provider.api?.form.headers ?? [:]
            guard request.method == "GET",
                request.headers["Authorization"] == "Bearer \(Self.key)",
                fixed.allSatisfy({ request.headers[$0.key] == $0.value })
            else { return ClientResponse(status: 401, body: Array("{}".utf8)) }
            return answer(path, parts?.queryItems ?? [], state)
        }
    }

    private func answer(
        _ path: String,
        _ items: [URLQueryItem],
        _ state: State
    ) -> ClientResponse {
        var query: [String: String] = [:]
        for item in items { query[item.name] = item.value }
        for name in ["limit", "per_page", "page[size]"] {
            guard let size = query[name].flatMap({ Int($0) }) else { continue }
            query[name] = String(min(size, state.pageSize))
        }
        let listed = state.objects.filter { object in
            object.key == path || !state.unlisted.contains { object.key.hasSuffix("/\($0)") }
        }
        guard let value = provider.answer(path, query, listed) else {
            let missing: JSONValue = ["error": ["code": "resource_missing"]]
            return ClientResponse(status: 404, body: missing.serialized())
        }
        return ClientResponse(status: 200, body: value.serialized())
    }
}

// MARK: - Stripe's objects

extension FakeAPI {
    /// Objects of Stripe from now on, each of the kind and id it names itself.
    func set(_ objects: JSONValue...) {
        for object in objects { set([Self.path(object): object]) }
    }

    private static func path(_ object: JSONValue) -> String {
        let kinds = [
            "subscription": "subscriptions", "invoice": "invoices", "charge": "charges",
            "dispute": "disputes", "customer": "customers", "refund": "refunds",
            "checkout.session": "checkout/sessions", "payments": "invoice_payments",
        ]
        let kind = object["object"]?.string ?? ""
        return "/v1/\(kinds[kind] ?? kind)/\(object["id"]?.string ?? "")"
    }
}

extension JSONValue {
    /// The object that an event is about.
    var object0: JSONValue { self["data"]?["object"] ?? .null }

    /// The object with other members.
    func with(_ changes: [String: JSONValue]) -> JSONValue {
        .object((object ?? [:]).merging(changes) { _, last in last })
    }
}

extension Subscriber {
    /// The subscription as the API has it.
    func object(_ status: String, _ changes: [String: JSONValue] = [:]) -> JSONValue {
        changed("updated", after: 0, status: status).object0
            .with(["livemode": .bool(isLive)]).with(changes)
    }

    /// The invoice of the sign-up, its charge, and the list that ties them.
    func money(amount: Int64 = 2_900, refunded: Int64 = 0) -> [JSONValue] {
        [
            paid(after: 1).object0.with(["status": "paid"]),
            [
                "id": .string("ch_\(name)"), "object": "charge", "amount": .integer(amount),
                "amount_refunded": .integer(refunded), "payment_intent": .string("pi_\(name)"),
                "refunds": [
                    "data": refunded == 0
                        ? []
                        : [["created": .integer(Int64(signedUpAt.timeIntervalSince1970) + 60)]]
                ],
            ],
            [
                "id": .string("pi_\(name)"), "object": "payments",
                "data": [["invoice": .string("in_\(name)_1")]],
            ],
        ]
    }

    func refunded(after: Int, amount: Int64 = 2_900) -> JSONValue {
        event(
            "charge.refunded",
            after,
            [
                "id": .string("ch_\(name)"), "object": "charge", "amount": 2_900,
                "amount_refunded": .integer(amount),
            ]
        )
    }

    func dispute(_ status: String) -> JSONValue {
        [
            "id": .string("du_\(name)"), "object": "dispute", "status": .string(status),
            "charge": .string("ch_\(name)"),
            "created": .integer(Int64(signedUpAt.timeIntervalSince1970) + 60),
        ]
    }

    func thin(_ type: String, id: String, kind: String) -> JSONValue {
        [
            "id": .string("evt_thin_\(type)_\(id)"), "object": "v2.core.event",
            "type": .string("v1.\(type)"), "livemode": .bool(isLive),
            "created": "2026-09-21T14:13:20.330Z",
            "related_object": ["id": .string(id), "type": .string(kind)],
        ]
    }
}
