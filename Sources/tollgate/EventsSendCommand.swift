import Foundation
import HTTP
import JSON
import Service
import Transport

/// Posts event files as the provider would, to try a server without the provider.
struct EventsSendCommand: Command {
    let declaration = Declaration(
        words: ["events", "send"],
        summary: "Posts event files, or a story, to a server, signed as their provider would.",
        positionals: [
            .init(
                name: "FILE",
                help: "the JSON of one event",
                isRepeatable: true,
                isOptional: true
            )
        ],
        ownOptions: [
            .value("provider", "NAME", "whose events they are; stripe unless told for a story"),
            .value(
                "story",
                "NAME",
                "a life of a subscriber: \(Story.names.joined(separator: ", "))"
            ),
            .value("price", "ID", "the price of the story; one that the server sells unless told"),
            .value("other-price", "ID", "the price that it is changed to"),
            .value("shuffle", "SEED", "tell the story in an order that this number decides"),
            .flag(
                "chaos",
                "tell the story again and again, late, in disorder, cut off, forged and damaged, "
                    + "and ask the server at the end whether anything was lost"
            ),
            .value("seed", "N", "what --chaos does, a number that it prints; random unless told"),
            .flag("duplicate", "send every event of the story twice"),
            .value(
                "pause",
                "TIME",
                "wait after the story's sign-up, so that its key can be claimed"
            ),
            .value(
                "url",
                "URL",
                "the server, http://127.0.0.1:8080 or TOLLGATE_LISTEN unless told"
            ),
            .value("secret-file", "FILE", "the signing secret; the setting's unless told"),
            .flag("shift", "move all times by one amount, so that the last event happens now"),
            .flag("new-id", "give every event a new id, so that it is not known already"),
        ],
        notes: [
            """
            Dates that have passed end access, so events that were kept for a while need --shift;
            the files of one call keep their distances. Exit code 1: an answer was not 2xx, or
            --chaos lost something. The server may be killed and started again meanwhile, before a
            sandbox --fault: what is not acknowledged is sent again for a minute.
            """
        ]
    )

    /// One file, as it is sent.
    private struct Delivery {
        let file: String
        let body: [UInt8]
        var trouble: Chaos.Trouble?
    }

    func run(_ call: Call) async throws -> Exit {
        let settings = try call.settings()
        let story = call.arguments["story"]
        guard (story == nil) != call.arguments.positionals.isEmpty else {
            throw UsageError("Name event files or a --story, and not both.", declaration)
        }
        guard story != nil || !call.arguments.has("chaos") else {
            throw UsageError("--chaos tells a story: add --story NAME.", declaration)
        }
        let known = try provider(call)
        let provider = known.name
        let secret = try secret(of: known, call, settings)
        let url = try url(call, settings, provider)
        let sender = URLSessionSender()
        if let story {
            let rehearsal = StoryRehearsal(call: call, settings: settings, provider: known) {
                name,
                body,
                trouble in
                let delivery = Delivery(file: name, body: body, trouble: trouble)
                return await send(delivery, provider, secret, url, sender)
            }
            return try await rehearsal.run(story)
        }
        let deliveries = try deliveries(call, known)
        var results: [JSONValue] = []
        for delivery in deliveries {
            let result = await send(delivery, provider, secret, url, sender)
            if !call.isJSON { call.console.print(Self.line(result)) }
            results.append(result)
        }
        if call.isJSON { call.console.print(json: ["deliveries": .array(results)]) }
        let isGood = results.allSatisfy { (200..<300).contains($0["status"]?.int ?? 0) }
        return isGood ? .done : .failed
    }

    private func send(
        _ delivery: Delivery,
        _ provider: String,
        _ secret: String,
        _ url: URL,
        _ sender: URLSessionSender
    ) async -> JSONValue {
        var headers = ["Content-Type": "application/json; charset=utf-8"]
        let signed = Rehearsal.signedHeaders(
            provider: provider,
            body: delivery.trouble == .forged ? delivery.body + [0x20] : delivery.body,
            secret: secret,
            at: Date()
        )
        for (name, value) in signed ?? [] { headers[name] = value }
        var members: [String: JSONValue] = ["file": .string(delivery.file)]
        var body = delivery.body
        switch delivery.trouble {
        case .cut: return await cut(members, headers, body, url)
        case .damaged: body[body.count / 2] ^= 1
        case .forged, nil: break
        }
        do throws(TransportError) {
            let response = try await sender.send(
                ClientRequest(method: "POST", url: url, headers: headers, body: body)
            )
            members["status"] = .integer(Int64(response.status))
            let text = String(decoding: response.body.prefix(2_000), as: UTF8.self)
            members["answer"] = (try? JSONValue(parsing: response.body)) ?? .string(text)
        } catch {
            members["error"] = .string(sentence(for: error))
        }
        return .object(members)
    }

    /// Over TLS the connection is not ours to cut, so that nothing is sent there.
    private func cut(
        _ members: [String: JSONValue],
        _ headers: [String: String],
        _ body: [UInt8],
        _ url: URL
    ) async -> JSONValue {
        var members = members
        guard url.scheme == "http", let host = url.host else {
            members["error"] = "not sent: a connection with TLS cannot be cut from here"
            return .object(members)
        }
        var fields = HTTPHeaders()
        for (name, value) in headers { fields.add(name, value) }
        do throws(HTTPClientError) {
            try await HTTPClient(.tcp(host: host, port: url.port ?? 80))
                .sendCut("POST", url.path, headers: fields, body: body)
            members["error"] = "cut off in the middle"
        } catch {
            members["error"] = .string(error.description)
        }
        return .object(members)
    }

    static func line(_ result: JSONValue) -> String {
        let answer = result["answer"].map { $0.string ?? $0.text() }
        let status = result["status"]?.int.map(String.init) ?? "failed"
        return "\(result.word("file")): \(status) \(answer ?? result.word("error"))".plain
    }

    private func provider(_ call: Call) throws -> KnownProvider {
        guard
            let typed = call.arguments["provider"]
                ?? (call.arguments["story"] == nil ? nil : "stripe")
        else {
            throw UsageError("--provider is missing: add --provider NAME.", declaration)
        }
        guard let known = KnownProvider.named(typed) else {
            throw UsageError(
                "--provider takes one of \(Rehearsal.providers.joined(separator: ", ")).",
                declaration
            )
        }
        return known
    }

    private func deliveries(_ call: Call, _ provider: KnownProvider) throws -> [Delivery] {
        let files = call.arguments.positionals
        let bodies = try files.map { try contents(ofFile: $0) }
        guard call.arguments.has("shift") || call.arguments.has("new-id") else {
            return zip(files, bodies).map { Delivery(file: $0, body: $1) }
        }
        let events = try zip(files, bodies).map { file, body in
            guard let event = try? JSONValue(parsing: body), event.object != nil else {
                throw CommandFailure(.failed, "The file \(file) holds no JSON object to change.")
            }
            return event
        }
        let now = Int64(Date().timeIntervalSince1970)
        let changed = try EventRehearsal(
            shiftsTo: call.arguments.has("shift") ? now : nil,
            givesNewIDs: call.arguments.has("new-id"),
            provider: provider
        ).rewriting(events)
        return zip(files, changed).map { Delivery(file: $0, body: $1.serialized()) }
    }

    private func secret(
        of provider: KnownProvider,
        _ call: Call,
        _ settings: Settings
    ) throws -> String {
        if let path = call.arguments["secret-file"] {
            let text = String(decoding: try contents(ofFile: path), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty else {
                throw CommandFailure(.failed, "The file \(path) holds no secret.")
            }
            return text
        }
        let secret = try Rehearsal.secret(of: provider, settings, at: Date())
        guard let secret else {
            throw CommandFailure(
                .failed,
                "Set \(provider.secretSetting) to the server's signing secret, or name a file of it "
                    + "with --secret-file."
            )
        }
        return secret
    }

    private func url(_ call: Call, _ settings: Settings, _ provider: String) throws -> URL {
        let listen = Self.reachable(settings["TOLLGATE_LISTEN"] ?? "127.0.0.1:8080")
        let typed = call.arguments["url"] ?? "http://\(listen)"
        guard var url = URL(string: typed), ["http", "https"].contains(url.scheme),
            url.host?.isEmpty == false
        else {
            throw UsageError(
                "--url takes an address such as http://127.0.0.1:8080.",
                declaration
            )
        }
        guard url.port != 0 else {
            throw UsageError("TOLLGATE_LISTEN has port 0: name the server's port with --url.")
        }
        if url.path.isEmpty || url.path == "/" {
            url = url.appending(path: "webhooks/\(provider)")
        }
        return url
    }

    /// Where a server can be called that listens on every address.
    private static func reachable(_ listen: String) -> String {
        for any in ["0.0.0.0:", "[::]:", ":"] where listen.hasPrefix(any) {
            return "127.0.0.1:" + listen.dropFirst(any.count)
        }
        return listen
    }
}
