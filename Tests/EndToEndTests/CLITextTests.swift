import Foundation
import JSON
import Service
import Testing

@testable import tollgate

struct CLITextTests {
    @Test func `columns stand under each other`() {
        let table = Table(header: ["plan", "name"], rows: [["a-long-id", "A"], ["b", "B"]])
        #expect(table.text() == "plan       name\na-long-id  A\nb          B\n")
    }

    @Test func `the last column of a help is broken between words`() {
        let table = Table(rows: [["--a", "one two three four"]], lineMax: 16)
        #expect(table.text(indent: 2) == "  --a  one two\n       three\n       four\n")
    }

    @Test func `what comes from outside cannot steer a terminal`() {
        let table = Table(rows: [["a\u{1B}[2Jb\nc\u{202E}d", "x"]])
        #expect(table.text() == "a·[2Jb·c·d  x\n")
    }

    @Test func `a key never leaves whole`() {
        let key = "tgtest" + String(repeating: "aB3", count: 18) + "WxYz"
        #expect(key.count == 64)
        #expect(Console.masked("There is no event \(key).") == "There is no event tgtest…WxYz.")
        #expect(Console.masked("tgtest is a prefix") == "tgtest is a prefix")
    }

    @Test func `what was repaired is not told to be repaired`() {
        let body: JSONValue = [
            "differences": 1, "confirm": 1,
            "drift": [["kind": "missing", "record": "role", "name": "n", "reason": "it is gone"]],
        ]
        #expect(GrantText.drift(body).contains("grants repair --confirm 1"))
        #expect(!GrantText.drift(body, isRepaired: true).contains("--confirm"))
    }

    @Test func `the status is one screen`() {
        let text = StatusText.text([
            "mode": "test", "installation": "abc123", "serving": true,
            "platform": [
                "url": "http://127.0.0.1:8081", "problem": nil, "proves_refusals": true,
            ],
            "events": ["pending": 0, "applied": 4, "ignored": 1, "parked": 1, "unparsed": 0],
            "parked": [
                [
                    "event": 7, "received_at": "2026-08-01T08:00:00Z", "provider": "stripe",
                    "type": "invoice.paid", "state": "parked", "needs": "unknown_price",
                    "note": "No plan has it.",
                ]
            ],
            "stuck": [], "unproved_revocations": [],
        ])
        #expect(
            text == """
                platform      http://127.0.0.1:8081, answers
                mode          test
                installation  abc123
                server        running
                proofs        refusals of keys can be proved here
                events        pending 0, applied 4, ignored 1, parked 1, unparsed 0

                parked events
                  event  received              provider  type          state   note
                  7      2026-08-01T08:00:00Z  stripe    invoice.paid  parked  needs unknown_price: No plan has it.

                stuck grants: none

                revocations not yet proved: none

                """
        )
    }

    @Test func `a platform's problem stands in the status`() {
        let text = StatusText.text(["platform": ["url": "u", "problem": "It is down."]])
        #expect(text.contains("u, does not answer well"))
        #expect(text.contains("problem       It is down."))
    }

    @Test func `a subscription's story begins with what is`() {
        let text = SubscriptionText.story([
            "subscription": [
                "id": "s1", "provider": "stripe", "provider_id": "sub_1", "mode": "test",
                "status": "active", "status_at": "2026-08-01T08:00:00Z", "plan": "pro@1",
                "price": "price_1", "uncertain": false,
            ],
            "customer": ["id": "c1", "provider_id": "cus_1", "email": "ada@example.com"],
            "grant": [
                "access": "active", "reason": "the subscription is active", "role_id": 3,
                "apps": [["id": 4, "generation": 1, "active": true]],
                "limits": [["id": 5, "rate": 100, "period": "month", "verb": nil]],
                "proof": ["answer": "alive", "at": "2026-08-01T08:00:01Z"], "revocation": nil,
                "problem": nil,
            ],
            "keys": [["generation": 1, "last_four": "WxYz"]], "holds": [],
            "events": [
                ["event": 2, "received_at": "b", "type": "second", "state": "applied"],
                ["event": 1, "received_at": "a", "type": "first", "state": "applied"],
            ],
            "attempts": [],
            "audit": [["at": "t", "actor": "staff:ada", "action": "x", "details": ["k": "v"]]],
        ])
        #expect(text.hasPrefix("subscription  s1 (stripe sub_1, test)\n"))
        #expect(text.contains("apps    4 (generation 1, active)"))
        #expect(text.contains("limits  5 (100 a month)"))
        #expect(text.contains("alive at 2026-08-01T08:00:01Z"))
        #expect(!text.contains("problem  -") && !text.contains("begun"))
        #expect(text.contains("staff:ada  x       k=v"))
        let first = text.range(of: "first")?.lowerBound
        let second = text.range(of: "second")?.lowerBound
        #expect(first.flatMap { first in second.map { first < $0 } } == true)
    }

    @Test func `figures are said in the units of people`() {
        let text = StatsCommand.text([
            "payment_to_key": [
                "all": [
                    "count": 3, "p50_seconds": .number(0.0421), "p99_seconds": .number(3.14159),
                    "max_seconds": 75,
                ],
                "day": ["count": 0, "p50_seconds": nil],
            ],
            "inbox": ["count": 1, "oldest_seconds": .number(5.123)],
            "grants": ["count": 2, "oldest_seconds": 3_725],
            "drift": ["differences": 1, "age_seconds": 100_000],
            "providers": [
                "stripe": [
                    "silence_seconds": .number(9.3), "reconcile_age_seconds": 599,
                    "deliveries": [:],
                ],
                "polar": ["silence_seconds": nil, "reconcile_age_seconds": nil, "deliveries": [:]],
            ],
        ])
        let lines = text.split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ")
        }
        for line in [
            "payment to proved key always 3 42 ms 3.1 s 1 min 15 s",
            "payment to proved key last 24 h 0 - - -", "pending events 1 5 s",
            "grants not converged 2 1 h 2 min",
            "differences on the platform 1 found 1 d 3 h ago",
            "stripe silent for 9 s compared 9 min 59 s ago",
            "polar never heard of never compared",
        ] {
            #expect(lines.contains(line), "\(line) in \(text)")
        }
    }

    @Test func `applied plans say what their limits cost`() {
        let text = PlanText.applied([
            "plans": [
                [
                    "id": "pro", "version": 2, "change": "changed", "staying": 7, "limits": 2,
                    "call_ms_per_1000_subscribers": 72,
                ]
            ],
            "returning_events": 3, "moved": 0, "warnings": ["Look."], "dry_run": true,
        ])
        #expect(text.contains("pro   2        changed  7              2       72 ms a call"))
        #expect(text.contains("would come back: 3"))
        #expect(text.hasSuffix("warning: Look.\n"))
    }
}

struct EventRehearsalTests {
    private static let old: JSONValue = [
        "id": "evt_old", "created": 1_700_000_000,
        "data": [
            "object": [
                "amount_total": 1_700_000_000, "quantity": 3, "trial_end": nil,
                "items": [["current_period_end": 1_702_592_000]],
                "metadata": ["created_at": "1700000000"],
            ]
        ],
    ]

    @Test func `all times move by one amount and money does not`() throws {
        let events = try EventRehearsal(shiftsTo: 1_800_000_000)
            .rewriting([Self.old, ["created": 1_700_000_010]])
        let object = events[0].at("data", "object")
        #expect(events[1]["created"] == 1_800_000_000)
        #expect(events[0]["created"] == 1_799_999_990)
        #expect(object?["items"]?[0]?["current_period_end"] == 1_802_591_990)
        #expect(object?["amount_total"] == 1_700_000_000)
        #expect(object?["quantity"] == 3 && object?["trial_end"] == .null)
        #expect(object?["metadata"]?["created_at"] == "1700000000")
        #expect(events[0]["id"] == "evt_old")
    }

    @Test(arguments: [
        ("paddle", "occurred_at", "event_id"), ("polar", "timestamp", "rehearsal"),
        ("standard", "timestamp", "rehearsal"),
    ])
    func `times in text are shifted under any name, and keep their fractions`(
        _ name: String,
        _ time: String,
        _ id: String
    ) throws {
        let provider = try #require(KnownProvider.named(name))
        let event: JSONValue = [
            "event_id": "evt_1", time: "2026-08-01T08:00:01.600000Z",
            "data": ["ends": "2026-08-02T08:00:01Z", "name": "2026-08-02", "note": "Tea at TZ"],
        ]
        let changed = try EventRehearsal(
            shiftsTo: 1_800_000_000,
            givesNewIDs: true,
            provider: provider
        ).rewriting([event])[0]
        #expect(changed[time] == "2027-01-15T08:00:00.600000Z")
        #expect(changed["data"]?["ends"] == "2027-01-16T08:00:00Z")
        #expect(changed["data"]?["name"] == "2026-08-02" && changed["data"]?["note"] == "Tea at TZ")
        #expect(changed[id]?.string?.hasPrefix("evt_") == true && changed[id] != "evt_1")
    }

    @Test func `an event without a time cannot be shifted`() {
        #expect(throws: CommandFailure.self) {
            try EventRehearsal(shiftsTo: 1).rewriting([["created": "yesterday"]])
        }
    }

    @Test func `a new id is new each time`() throws {
        let ids = try EventRehearsal(givesNewIDs: true).rewriting([Self.old, Self.old])
            .compactMap { $0["id"]?.string }
        #expect(Set(ids).count == 2 && ids.allSatisfy { $0.hasPrefix("evt_") && $0.count == 28 })
    }
}
