import Foundation
import HTTP
import JSON
import Service
import Testing

@testable import tollgate

/// Rehearsed lives beside a running server that asks a stand-in for Stripe's API.
struct CLIStoryTests {
    @Test func `stories end as told, and reconcile takes what no event told`() async throws {
        let port = try ReservedPort()
        let scene = try await CLIScene.make([
            "STRIPE_API_URL": "http://127.0.0.1:\(port.number)",
            "STRIPE_API_KEY": "rk_test_of_this_test",
        ])
        #expect(try await scene.run("plans", "apply", try scene.catalogue()).exit == 0)
        let (server, listen) = try await scene.serve()
        for (name, access) in [("signup", "active"), ("refund", "ended")] {
            let sent = try await scene.run(
                "events",
                "send",
                "--story",
                name,
                "--json",
                "--url",
                "http://\(listen)"
            )
            #expect(sent.exit == 0, "\(sent)")
            #expect(sent.json?.at("story", "end")?.string == access)
            let id = try #require(sent.json?.at("story", "subscription")?.string)
            #expect(try await accessOf(id, scene) == access)
        }

        let stripe = try #require(KnownProvider.named("stripe"))
        let unheard = try Story(
            "signup",
            of: stripe,
            price: DemoEvents.price,
            other: DemoEvents.price,
            tag: "unheard",
            now: Date()
        )
        let api = try StoryAPI(of: stripe, host: "127.0.0.1", port: port.number)
        for step in unheard.steps { api.set(step.objects) }
        let dry = try await scene.run("reconcile", "--dry-run", "--json")
        let wet = try await scene.run("reconcile", "--json")
        for end in [dry, wet] {
            #expect(end.exit == 0, "\(end)")
            let rows = end.json?["differences"]?.array ?? []
            #expect(
                rows.contains {
                    $0["provider_id"]?.string == unheard.subscriptionID
                        && $0["kind"]?.string == "new"
                },
                "\(end)"
            )
        }
        #expect(try await accessOf(unheard.subscriptionID, scene) == "active")
        await api.stop()
        server.signal(SIGTERM)
        #expect(await server.end().exit == 0)
    }

    @Test func `a comparison with several providers is one JSON text`() async throws {
        let nobody = try ReservedPort()
        let url = "http://127.0.0.1:\(nobody.number)"
        let scene = try await CLIScene.make([
            "STRIPE_API_URL": url, "STRIPE_API_KEY": "rk_test_of_this_test",
            "PADDLE_WEBHOOK_SECRET": "pdl_ntfset_of_this_test", "PADDLE_API_URL": url,
            "PADDLE_API_KEY": "pdl_sdbx_apikey_of_this_test",
        ])
        let end = try await scene.run("reconcile", "--json")
        #expect(end.exit == 1, "\(end)")
        let providers = end.json?["providers"]?.array ?? []
        #expect(providers.map { $0.word("provider") } == ["paddle", "stripe"], "\(end)")
        #expect(providers.allSatisfy { $0["error"]?.string != nil }, "\(end)")
    }

    @Test(.timeLimit(.minutes(10)))
    func `a list that goes round ends the comparison at the terminal too`() async throws {
        let port = try ReservedPort()
        let scene = try await CLIScene.make([
            "POLAR_WEBHOOK_SECRET": "polar_whs_of_this_test",
            "POLAR_API_URL": "http://127.0.0.1:\(port.number)",
            "POLAR_ACCESS_TOKEN": "polar_oat_of_this_test",
        ])
        var router = Router()
        let page: JSONValue = ["items": [["id": "again"]], "pagination": ["max_page": 1_000_000]]
        router.on("GET", "/{path...}", .immediate { _ in .json(page.serialized()) })
        let server = HTTPServer(
            configuration: HTTPServer.Configuration(
                listeners: [.tcp(host: "127.0.0.1", port: port.number)]
            ),
            router: router
        )
        _ = try server.start()
        for mode in ["--dry-run", "--anew"] {
            let end = try await scene.run("reconcile", mode, "--json")
            #expect(end.exit == 1, "\(end)")
            #expect(end.json?["error"]?.string?.contains("does not end") == true, "\(end)")
        }
        await server.stop(within: .seconds(1))
    }

    @Test func `every provider's stories are told to one server, in any order and twice`()
        async throws
    {
        let secrets = [
            "PADDLE_WEBHOOK_SECRET": "pdl_ntfset_of_this_test",
            "POLAR_WEBHOOK_SECRET": "polar_whs_of_this_test",
            "STANDARD_WEBHOOKS_SECRET": "whsec_c2l4dGVlbiBhbmQgc2l4dGVlbiBieXRlcyBtYWtl",
        ]
        let scene = try await CLIScene.make(secrets)
        let plans = try scene.folder.file(
            "every.json",
            """
            {"plans": [{"id": "pro", "name": "P", "unlimited": true, "prices": {"paddle": ["p"], \
            "polar": ["p"], "standard": ["p"]}, "access": [{"service": "shop", \
            "component": "_table/customers/*", "verbs": ["GET"]}]}]}
            """
        )
        let applied = try await scene.run("plans", "apply", plans)
        #expect(applied.exit == 0, "\(applied)")
        let (server, listen) = try await scene.serve()
        for provider in ["paddle", "polar", "standard"] {
            let sent = try await scene.run(
                "events",
                "send",
                "--story",
                "cancel",
                "--provider",
                provider,
                "--shuffle",
                "7",
                "--duplicate",
                "--price",
                "p",
                "--json",
                "--url",
                "http://\(listen)"
            )
            #expect(sent.exit == 0, "\(sent)")
            #expect(sent.json?.at("story", "provider")?.string == provider)
            let id = try #require(sent.json?.at("story", "subscription")?.string)
            #expect(try await accessOf(id, scene) == "ended")
        }
        let status = try await scene.runAtSocket("status")
        for provider in ["paddle", "polar", "standard", "stripe"] {
            #expect(status.out.contains("\n  \(provider) "), "\(status)")
        }
        server.signal(SIGTERM)
        #expect(await server.end().exit == 0)
    }

    /// The access that a subscription has by Tollgate's decision.
    private func accessOf(_ id: String, _ scene: CLIScene) async throws -> String? {
        let shown = try await scene.runAtSocket("subscriptions", "show", id, "--json")
        return shown.json?.at("grant", "access")?.string
    }
}
