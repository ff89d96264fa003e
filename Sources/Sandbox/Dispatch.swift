import Digest
import Foundation
import HTTP
import JSON

/// The road of one call through the platform: who calls, may they, how often, and then the doing.
struct Dispatch {
    let store: Store
    let now: Date
    let random: SecureRandom
    var hasLimits = true
    var node = 0
    var keepsStale = false

    func answer(_ request: HTTPRequest) throws -> Answer {
        if request.path == "/status", request.method == "GET" {
            return try About.status(store)
        }
        if request.path == "/up", request.method == "GET" { return About.up }
        var answer = try answerInsideAPI(request)
        if request.method == "HEAD" { answer.body = nil }
        return answer
    }

    private func answerInsideAPI(_ request: HTTPRequest) throws -> Answer {
        do {
            var exchange = Exchange(
                store: store,
                now: now,
                random: random,
                call: try Call(request)
            )
            let service = try service(exchange.call.service)
            exchange.service = service
            (exchange.hasLimits, exchange.node) = (hasLimits, node)
            exchange.keepsStale = keepsStale
            let found = find(exchange.call, service)
            exchange.caller = try exchange.identify()
            // The root of the API is open to all and lists what the caller may use.
            if exchange.call.service.isEmpty { return try About.root(exchange) }
            try exchange.authorize(isOpen: found?.operation.isOpen ?? false)
            try exchange.evaluateLimits()
            try checkIsServed(exchange)
            guard let found else { throw unserved(exchange) }
            let ready = exchange
            // A refusal undoes what the operation did, and not that the call was counted.
            return try store.atomically { try found.operation.handler(ready, found.parameters) }
        } catch let refusal as Refusal {
            return refusal.answer
        }
    }

    private func service(_ name: String) throws -> Service? {
        try store.row("SELECT * FROM service WHERE name = ?", [.string(name)])
            .flatMap(Service.init)
    }

    private func find(
        _ call: Call,
        _ service: Service?
    ) -> (operation: Operation, parameters: [String])? {
        guard let service else { return nil }
        let first =
            switch service.type {
            case "system", "user": service.type
            default: "{database}"
            }
        if first == "{database}", service.database == nil { return nil }
        for operation in Operation.all {
            if !hasLimits, operation.needsLimits { continue }
            // A pattern that begins with another service's name never fits, whatever it ends with.
            guard operation.path.split(separator: "/").first.map(String.init) == first,
                let parameters = operation.match(call.verb, [first] + call.resource)
            else { continue }
            return (operation, parameters)
        }
        return nil
    }

    private func checkIsServed(_ exchange: Exchange) throws(Refusal) {
        let name = exchange.call.service
        guard let service = exchange.service else {
            throw Refusal(404, "Could not find a service for \(name)")
        }
        if service.type == "mysql", service.database == nil {
            throw Refusal(500, "Unsupported service type 'mysql'.", envelope: .exception)
        }
        if service.type == "pgsql", service.config?["host"]?.string == nil {
            throw Refusal(500, "Database hosts array is empty.", envelope: .exception)
        }
        guard service.isActive else { throw Refusal(403, "Service \(name) is deactivated.") }
    }

    /// Why nothing serves the call: no such resource, or not with this verb.
    private func unserved(_ exchange: Exchange) -> Refusal {
        let call = exchange.call
        let name = call.resource.first ?? ""
        let isKnown = Operation.all.contains { operation in
            if !hasLimits, operation.needsLimits { return false }
            return operation.path.split(separator: "/").dropFirst().first.map(String.init) == name
        }
        guard isKnown else {
            return Refusal(
                404,
                "Resource '\(name)' not found for service '\(call.service)'."
            )
        }
        if name == "_proc" || name == "_func" { return .withoutResource(call.verb, name) }
        if call.service != "system" {
            return .withoutResource(call.verb, call.resource.last ?? call.service)
        }
        return call.verb == .delete ? .nothingToDelete : .noRecords
    }
}
