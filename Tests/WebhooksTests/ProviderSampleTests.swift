import Foundation
import JSON
import Subscriptions
import Testing
import Webhooks

@Suite struct ProviderSampleTests {
    /// A provider's samples with what becomes of each.
    struct Samples: Sendable, CustomTestStringConvertible {
        let adapter: any ProviderAdapter
        let folder: String
        let lines: [String]

        var testDescription: String { folder }

        /// The names of the files, each with what becomes of it.
        var expected: [(file: String, outcome: String)] {
            lines.map { line in
                let parts = line.split(separator: " => ", maxSplits: 1).map(String.init)
                return (parts[0], parts[1])
            }
        }
    }

    private static let all = [
        Samples(adapter: PaddleAdapter(), folder: "paddle", lines: paddleSamples),
        Samples(
            adapter: LemonSqueezyAdapter(),
            folder: "lemonsqueezy",
            lines: lemonSqueezySamples
        ),
        Samples(adapter: PolarAdapter(), folder: "polar", lines: polarSamples),
        Samples(adapter: StandardAdapter(), folder: "standard", lines: standardSamples),
    ]

    @Test(arguments: all)
    func `a sample becomes what its line says`(samples: Samples) throws {
        for (file, outcome) in samples.expected {
            let body = try Fixture.bytes("\(samples.folder)/\(file)")
            let reading = samples.adapter.reading(of: body, id: "evt", mode: .test)
            #expect(summary(reading) == outcome, "\(file)")
        }
    }

    @Test(arguments: all)
    func `every sample has its line and every line its sample`(samples: Samples) throws {
        #expect(try Fixture.files(below: samples.folder) == samples.expected.map(\.file).sorted())
    }

    @Test func `the samples are many`() {
        #expect(Self.all.map(\.lines.count) == [135, 27, 23, 8])
    }

    @Test(arguments: all)
    func `the first look agrees with the whole event`(samples: Samples) throws {
        for (file, _) in samples.expected {
            let body = try Fixture.bytes("\(samples.folder)/\(file)")
            let delivery = WebhookEndpoint(adapter: samples.adapter, secrets: []).delivery(
                headers: { $0 == "webhook-id" ? ["msg_1"] : [] },
                body: body,
                mode: .test
            )
            let reading = samples.adapter
                .reading(of: body, id: delivery.eventID, mode: delivery.mode)
            guard delivery.isReadable else {
                #expect(summary(reading).hasPrefix("parked malformed"))
                continue
            }
            guard case .event(let event) = reading else { continue }
            #expect(event.id == delivery.eventID)
            #expect(event.type == delivery.type)
            #expect(event.provider == delivery.provider)
            if let time = delivery.occurredAt { #expect(event.occurredAt == time) }
        }
    }
}
