import Foundation
import HTTP
import JSON
import Storage
import Subscriptions
import Synchronization
import Testing
import Transport

@testable import Service

/// `GET /metrics` and `tollgate stats`: what they say, and that they can be read at any time.
struct MetricsTests {
    private func figures(_ road: Road) async throws -> Exposition {
        let router = road.tollgate.operatorRouter(HealthRoute())
        let response = await router.respond(to: try HTTPRequest(target: "/metrics"))
        #expect(response.status == 200)
        #expect(response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        return try Exposition(response.text)
    }

    @Test func `a Tollgate that nobody has paid yet has figures`() async throws {
        let figures = try await figures(try await Road())
        #expect(figures.value("tollgate_payment_to_key_seconds_count") == 0)
        #expect(figures.value("tollgate_inbox_oldest_pending_age_seconds") == 0)
        #expect(figures.value("tollgate_platform_breaker_open") == 0)
        #expect(figures.types["tollgate_provider_silence_seconds"] == nil)
        #expect(figures.types["tollgate_http_requests_total"] == "counter")
    }

    @Test func `the time from payment to key counts from the arrival of the payment`() async throws
    {
        let road = try await Road()
        let subscriber = Subscriber(signedUpAt: road.now)
        for event in subscriber.signUp { try await road.deliver(event) }
        road.pass(.seconds(40))
        let before = try await figures(road)
        #expect(before.value("tollgate_inbox_pending_events") == 4)
        #expect(before.value("tollgate_inbox_oldest_pending_age_seconds") == 40)
        try await road.work()
        let after = try await figures(road)
        let name = "tollgate_payment_to_key_seconds"
        #expect(after.value("\(name)_count") == 1)
        #expect(after.value("\(name)_bucket", ["le": "30"]) == 0)
        #expect(after.value("\(name)_bucket", ["le": "60"]) == 1)
        #expect(try #require(after.value("\(name)_sum")) >= 40)
        #expect(after.value("tollgate_inbox_pending_events") == 0)
        #expect(after.value("tollgate_grants_unconverged") == 0)
        #expect(after.value("tollgate_provider_silence_seconds", ["provider": "stripe"]) == 40)
    }

    @Test func `the time of a revocation by an event counts from the arrival of the event`()
        async throws
    {
        let road = try await Road()
        let subscriber = try await road.signUp()
        try await road.deliver(subscriber.changed("deleted", after: 9, status: "canceled"))
        road.pass(.seconds(40))
        try await road.work()
        let figures = try await figures(road)
        let name = "tollgate_revocation_to_proof_seconds"
        #expect(figures.value("\(name)_count") == 1)
        #expect(try #require(figures.value("\(name)_sum")) >= 40)
    }

    @Test func `the time of a revocation by staff counts from its decision, through an outage`()
        async throws
    {
        let road = try await Road()
        let subscriber = try await road.signUp()
        road.wire.fail(.connectionLost)
        await road.staff("keys/revoke", ["query": .string(subscriber.email), "reason": "leaked"])
        road.pass(.seconds(500))
        let during = try await figures(road)
        #expect(during.value("tollgate_revocations_unproved") == 1)
        let age = "tollgate_revocation_oldest_unproved_age_seconds"
        #expect(try #require(during.value(age)) >= 500)
        #expect(during.value("tollgate_grants_unconverged") == 1)
        road.wire.fail(nil)
        try await road.work()
        let after = try await figures(road)
        let name = "tollgate_revocation_to_proof_seconds"
        #expect(after.value("\(name)_count") == 1)
        #expect(after.value("\(name)_bucket", ["le": "300"]) == 0)
        #expect(after.value("\(name)_bucket", ["le": "1800"]) == 1)
        #expect(after.value("tollgate_revocations_unproved") == 0)
        #expect(after.value(age) == 0)
        // Proved again, it is the same promise.
        await road.staff("keys/revoke", ["query": .string(subscriber.email), "reason": "again"])
        road.pass(.seconds(60))
        try await road.work()
        #expect(try await figures(road).value("\(name)_count") == 1)
    }

    @Test func `a key that nobody paid for just now is no payment`() async throws {
        let road = try await Road()
        let subscriber = try await road.signUp()
        let query: JSONValue = ["query": .string(subscriber.email), "reason": "leaked"]
        road.pass(.seconds(1))
        await road.staff("keys/rotate", query)
        await road.staff("keys/revoke", query)
        road.pass(.seconds(60))
        try await road.work()
        await road.staff("keys/restore", query)
        try await road.work()
        #expect(try await road.grant(of: subscriber).isShown)
        #expect(try await figures(road).value("tollgate_payment_to_key_seconds_count") == 1)
    }

    @Test func `a restart goes on with the promises and begins requests anew`() async throws {
        let road = try await Road()
        _ = try await road.signUp()
        let before = try await figures(road)
        road.tollgate.close()
        let again = try await Road.tollgate(
            Road.settings(road.folder).merging([
                "TOLLGATE_DATABASE": try road.folder.copy(of: road.folder.file("tollgate.db"))
            ]) { $1 },
            wire: road.wire,
            clock: road.clock
        )
        let response = await again.operatorRouter(HealthRoute()).respond(
            to: try HTTPRequest(target: "/metrics")
        )
        let after = try Exposition(response.text)
        let name = "tollgate_payment_to_key_seconds_sum"
        #expect(after.value(name) == before.value(name))
        #expect(before.value("tollgate_payment_to_key_seconds_count") == 1)
        #expect(after.value("tollgate_payment_to_key_seconds_count") == 1)
        let stored = ["provider": "stripe", "outcome": "stored"]
        #expect(before.value("tollgate_deliveries_total", stored) == 4)
        #expect(after.value("tollgate_deliveries_total", stored) == 0)
        again.close()
    }

    @Test func `deliveries are counted by what became of them`() async throws {
        let road = try await Road()
        let event = Subscriber(signedUpAt: road.now).signUp[0]
        try await road.deliver(event)
        try await road.deliver(event)
        let metrics = road.tollgate.metrics
        for (path, status) in [
            ("/webhooks/stripe", 400), ("/webhooks/stripe", 413), ("/webhooks/stripe", 503),
            ("/webhooks/stripe", 200), ("/webhooks/cus_of_somebody", 404), ("/v1/key", 200),
        ] {
            metrics.count(path, status)
        }
        let figures = try await figures(road)
        for outcome in Metrics.Outcome.allCases {
            let labels = ["provider": "stripe", "outcome": outcome.rawValue]
            #expect(figures.value("tollgate_deliveries_total", labels) == 1, "\(outcome)")
        }
        #expect(figures.value("tollgate_http_requests_total", ["class": "2xx"]) == 2)
        #expect(figures.value("tollgate_http_requests_total", ["class": "4xx"]) == 3)
        #expect(figures.value("tollgate_http_requests_total", ["class": "5xx"]) == 1)
    }

    @Test func `labels are words of ours and nothing of a customer`() async throws {
        let road = try await Road()
        let (_, _, _) = try await road.claimed()
        let unknown = Subscriber(name: "eve", price: "price_unknown", signedUpAt: road.now)
        for event in unknown.signUp { try await road.deliver(event) }
        try await road.work()
        let figures = try await figures(road)
        let parked = ["need": "unknown_price"]
        #expect(try #require(figures.value("tollgate_inbox_parked_events", parked)) > 0)
        let bounds = Set(Histogram.bounds.map { Int(exactly: $0).map(String.init) ?? "\($0)" })
        let words =
            Set(Metrics.Outcome.allCases.map(\.rawValue)).union(Need.Kind.allCases.map(\.rawValue))
            .union(GrantProblem.Kind.allCases.map(\.rawValue)).union(bounds)
            .union(road.tollgate.endpoints.keys.map(\.rawValue))
            .union(["+Inf", "1xx", "2xx", "3xx", "4xx", "5xx"])
        let names: Set = ["le", "need", "kind", "provider", "outcome", "class"]
        for sample in figures.samples {
            #expect(names.isSuperset(of: sample.labels.keys), "\(sample)")
            #expect(words.isSuperset(of: sample.labels.values), "\(sample)")
        }
    }

    @Test func `what the last comparison with the platform found is a figure`() async throws {
        let road = try await Road()
        #expect(try await figures(road).types["tollgate_drift_differences"] == nil)
        try await road.tollgate.store.write { tx in
            try tx.save(
                DriftReport(
                    startedAt: Road.start,
                    finishedAt: Road.start,
                    compared: 9,
                    differences: 2
                )
            )
        }
        road.pass(.seconds(7))
        let figures = try await figures(road)
        #expect(figures.value("tollgate_drift_differences") == 2)
        #expect(figures.value("tollgate_drift_age_seconds") == 7)
    }

    @Test func `figures are read while a write is under way`() async throws {
        let road = try await Road()
        _ = try await road.signUp()
        let (reached, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        async let written: Void = road.tollgate.store.write { tx in
            try tx.keep(.payment, since: .distantPast, at: .distantPast)
            reached.signal()
            release.wait()
        }
        while reached.wait(timeout: .now()) == .timedOut { await Task.yield() }
        let figures = try? await figures(road)
        // Before anything is thrown, since the write ends the test's own wait.
        release.signal()
        try await written
        #expect(figures?.value("tollgate_payment_to_key_seconds_count") == 1)
        #expect(try await self.figures(road).value("tollgate_payment_to_key_seconds_count") == 2)
    }

    @Test func `stats say percentiles of what is stored and the same figures`() async throws {
        let road = try await Road()
        _ = try await road.signUp()
        try await road.tollgate.store.write { tx in
            for seconds in 1...99 {
                let kept = Road.start.addingTimeInterval(-90_000)
                try tx.keep(
                    .payment,
                    since: kept.addingTimeInterval(-Double(seconds)),
                    at: kept
                )
            }
        }
        let reply = await road.staff("stats")
        #expect(reply.exit == .done)
        let all = reply.body.at("payment_to_key", "all")
        #expect(all?["count"] == 100)
        #expect(all?["p50_seconds"] == .number(49))
        #expect(all?["p99_seconds"] == .number(98))
        #expect(all?["max_seconds"] == .number(99))
        #expect(reply.body.at("payment_to_key", "day", "count") == 1)
        #expect(reply.body.at("revocation_to_proof", "all", "p50_seconds") == .null)
        #expect(reply.body.at("inbox", "count") == 0)
        #expect(reply.body["breaker"] == "closed")
        #expect(reply.body["requests"] == nil, "nothing is counted where nothing is served")
    }
}

/// The operator listener: what it serves, and where it may be.
struct OperatorListenerTests {
    @Test func `it serves figures and health and nothing else`() async throws {
        let road = try await Road(setting: ["TOLLGATE_OPERATOR_LISTEN": "127.0.0.1:0"])
        let running = try RunningTollgate(road.tollgate)
        let port = try #require(running.addresses.operatorPort)
        func get(_ path: String, _ address: HTTPAddress) async throws -> HTTPResponse {
            try await HTTPClient(address, timeout: .seconds(300)).request("GET", path)
        }
        let operators = HTTPAddress.tcp(host: "127.0.0.1", port: port)
        #expect(try await get("/healthz", operators).text == "ok\n")
        #expect(try await get("/readyz", operators).text == "ready\n")
        #expect(try await get("/v1/key", operators).status == 404)
        #expect(try await get("/admin/v1/status", operators).status == 404)
        let figures = try Exposition(try await get("/metrics", operators).text)
        // The four answers before it; the answer is counted once it is written.
        let counted = try #require(
            figures.value("tollgate_http_requests_total", ["class": "2xx"])
        )
        #expect(counted <= 2)
        let socket = HTTPAddress.unix(path: running.addresses.socketPath)
        let onSocket = try Exposition(try await get("/metrics", socket).text)
        // Between the two the first comparison with the platform may have ended.
        #expect(figures.types.allSatisfy { onSocket.types[$0.key] == $0.value })
        let open = HTTPAddress.tcp(host: "127.0.0.1", port: running.addresses.port)
        #expect(try await get("/metrics", open).status == 404)
        await running.stop()
    }

    @Test func `it is off unless asked for`() async throws {
        let road = try await Road()
        let running = try RunningTollgate(road.tollgate)
        #expect(running.addresses.operatorPort == nil)
        await running.stop()
    }

    private func configuration(_ listen: String) throws -> Configuration {
        try Configuration(
            Settings(
                environment: ConfigurationTests.good.merging([
                    "TOLLGATE_OPERATOR_LISTEN": listen
                ]) { $1 }
            )
        )
    }

    @Test(arguments: [
        "127.0.0.1:9090", "localhost:0", "[::1]:9090", "10.1.2.3:9090", "172.31.0.1:1",
        "192.168.7.7:9090", "100.64.1.1:9090", "[fd00::7]:9090",
    ])
    func `it may be on loopback or a private network`(_ listen: String) throws {
        #expect(try configuration(listen).operatorListen != nil)
    }

    @Test(arguments: [
        "0.0.0.0:9090", ":9090", "[::]:9090", "203.0.113.7:9090", "172.32.0.1:9090",
        "[2001:db8::1]:9090", "metrics.example.com:9090", "9090", "127.0.0.1:x",
    ])
    func `it may be nowhere else`(_ listen: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try configuration(listen) }
        let sentence = try #require(error).description
        #expect(sentence.contains("TOLLGATE_OPERATOR_LISTEN must be"))
        #expect(sentence.contains("for example 127.0.0.1:"))
    }
}
