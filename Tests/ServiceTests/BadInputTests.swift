import Foundation
import HTTP
import JSON
import Subscriptions
import Testing

@testable import Service

/// Events with one member spoiled, through the whole intake.
@Suite struct BadInputTests {
    private static let samples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("WebhooksTests/Fixtures/stripe")
    private static let price = "price_1TxExamplePro0Monthly01"
    /// Every how many-th spoiled body is delivered; another prime another choice of them.
    private static let stride = 7

    /// What stands in a member's place; nil takes it away.
    private static let spoilers: [JSONValue?] = [
        nil, .null, 5, "x", ["y": 1], .string(String(repeating: "z", count: 70_000)),
        (0..<100).reduce(.null) { deep, _ in .array([deep]) },
    ]

    @Test(arguments: [nil, FakeAPI.key])
    func `whatever is spoiled is stored, marked, explained, and grants nothing`(
        _ key: String?
    ) async throws {
        let setting = key.map { ["STRIPE_API_KEY": $0] } ?? [:]
        let road = try await Road(
            applying: Catalogues.of(Catalogues.plan("pro", price: Self.price)),
            setting: setting
        )
        var count = 0
        for body in try Self.spoiled() {
            #expect(try await road.deliver(body).status == 200)
            count += 1
        }
        #expect(count > 300)
        while try await road.tollgate.worker.drain() > 0 {}
        let events = try await road.events()
        #expect(!events.isEmpty)
        for event in events {
            #expect(event.state != .pending)
            let shown = StaffView.event(event)
            #expect(shown["note"]?.string?.isEmpty == false, "\(event.number) \(event.state)")
        }
        let grants = try await road.read { reader in
            try reader.subscriptions(after: nil, limit: 1_000).compactMap {
                try reader.grant($0.id)
            }
        }
        // A spoiled remark is no reason to refuse a subscription; a spoiled body that says no
        // status, price or customer never makes one active.
        for grant in grants where grant.desired.access == .active {
            let about = events.filter { $0.subscriptionID == grant.subscriptionID }
            #expect(about.contains { $0.state == .applied })
        }
        if key != nil { #expect(grants.allSatisfy { $0.desired.access != .active }) }
    }

    @Test(arguments: KnownProvider.all.map(\.name), [false, true])
    func `whatever a provider tells with a member spoiled is stored, marked and explained`(
        _ name: String,
        _ isAsked: Bool
    ) async throws {
        let known = try #require(KnownProvider.named(name))
        let road = try await Road(
            applying: Catalogues.everywhere,
            setting: Road.setting(known, key: isAsked ? FakeAPI.key : nil)
        )
        let bodies = try Self.spoiledStories(of: known, at: road.now)
        #expect(bodies.count > 30)
        for body in bodies { #expect(try await road.deliver(body, of: known).status == 200) }
        while try await road.tollgate.worker.drain() > 0 {}
        for event in try await road.events() {
            #expect(event.state != .pending)
            let note = StaffView.event(event)["note"]?.string
            #expect(note?.isEmpty == false, "\(event.number) \(event.state)")
        }
        // Nobody is asked who would know any of it.
        guard isAsked, known.api != nil else { return }
        let grants = try await road.read { reader in
            try reader.subscriptions(after: nil, limit: 1_000).compactMap {
                try reader.grant($0.id)
            }
        }
        #expect(grants.allSatisfy { $0.desired.access != .active })
    }

    /// What stories tell with one member spoiled, each of a subscriber of its own.
    private static func spoiledStories(
        of provider: KnownProvider,
        at now: Date
    ) throws -> [[UInt8]] {
        let (pro, max) = Catalogues.prices(of: provider.name)
        func steps(_ name: String, _ tag: String) throws -> [Story.Step] {
            try Story(name, of: provider, price: pro, other: max, tag: tag, now: now).steps
        }
        var bodies: [[UInt8]] = []
        var number = 0
        for name in ["trial", "dunning", "cancel", "refund"] {
            for (index, step) in try steps(name, "x").enumerated() {
                for path in paths(of: step.event) {
                    number += 1
                    guard number.isMultiple(of: stride) else { continue }
                    let spoiler = spoilers[(number / stride) % spoilers.count]
                    let event = try steps(name, "b\(number)")[index].event
                    bodies.append(event.replacing(path[...], by: spoiler).serialized())
                }
            }
        }
        return bodies
    }

    /// The spoiled bodies, each with an event and a subscription of its own.
    private static func spoiled() throws -> [[UInt8]] {
        let names = try FileManager.default.contentsOfDirectory(atPath: samples.path)
            .filter { $0.hasSuffix(".json") }.sorted()
        var bodies: [[UInt8]] = []
        var number = 0
        for name in names {
            let data = try Data(contentsOf: samples.appendingPathComponent(name))
            let event = try JSONValue(parsing: data)
            for path in paths(of: event) {
                number += 1
                guard number.isMultiple(of: stride) else { continue }
                let spoiler = spoilers[(number / stride) % spoilers.count]
                let text = event.replacing(path[...], by: spoiler).text()
                    .replacing("evt_1TxExample", with: "evt_\(number)_")
                    .replacing("sub_1TxAmpLeSubScRiPtIoN01", with: "sub_\(number)")
                bodies.append(Array(text.utf8))
            }
        }
        return bodies
    }

    private static func paths(of value: JSONValue) -> [[String]] {
        switch value {
        case .object(let members):
            members.keys.sorted().flatMap { name in
                [[name]] + paths(of: members[name] ?? nil).map { [name] + $0 }
            }
        case .array(let elements):
            elements.enumerated().flatMap { index, element in
                [["\(index)"]] + paths(of: element).map { ["\(index)"] + $0 }
            }
        default: []
        }
    }
}

extension JSONValue {
    /// The value with another at a path of member names and indices; nil takes the member away.
    fileprivate func replacing(_ path: ArraySlice<String>, by value: JSONValue?) -> JSONValue {
        guard let name = path.first else { return value ?? nil }
        switch self {
        case .object(var members):
            members[name] =
                path.count == 1
                ? value : (members[name] ?? nil).replacing(path.dropFirst(), by: value)
            return .object(members)
        case .array(var elements):
            guard let index = Int(name) else { return self }
            elements[index] = elements[index].replacing(path.dropFirst(), by: value)
            return .array(elements)
        default: return self
        }
    }
}
