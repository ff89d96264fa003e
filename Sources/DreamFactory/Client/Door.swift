import Foundation
import JSON
import Transport

/// One request and how its answer is read.
struct Exchange {
    let call: PlatformCall
    let method: String
    let target: String
    let body: JSONValue?
    var mayBeEmpty = false

    init(_ call: PlatformCall, _ method: String, _ target: String, _ body: JSONValue?) {
        self.call = call
        self.method = method
        self.target = target
        self.body = body
    }

    func isSessionRefused(_ response: ClientResponse) -> Bool {
        guard [401, 403].contains(response.status),
            let error = ErrorEnvelope(response.body), error.code != nil
        else { return false }
        return response.status == 401 || PlatformError.isTerminatedSession(error.message)
    }

    func json(_ response: ClientResponse) throws(PlatformError) -> JSONValue {
        guard (200..<300).contains(response.status) else { throw PlatformError(call, response) }
        if mayBeEmpty, response.body.isEmpty { return .null }
        guard let json = try? JSONValue(parsing: response.body), json["error"] == nil else {
            throw PlatformError(call, .unreadable(status: response.status))
        }
        return json
    }
}

/// Where requests go out.
struct Door: Sendable {
    let address: PlatformAddress
    let sender: any RequestSender
    let deadline: Duration

    func pass(
        _ exchange: Exchange,
        token: String?,
        key: AppKey?
    ) async throws(PlatformError) -> ClientResponse {
        guard let url = URL(string: address.origin + exchange.target) else {
            throw PlatformError(exchange.call, .transport(.invalidAddress))
        }
        // Without it an error may come as an HTML page after the write was done.
        var headers = ["Accept": "application/json"]
        headers["X-DreamFactory-Session-Token"] = token
        headers["X-DreamFactory-API-Key"] = key?.rawValue
        if exchange.body != nil { headers["Content-Type"] = "application/json" }
        let request = ClientRequest(
            method: exchange.method,
            url: url,
            headers: headers,
            body: exchange.body?.serialized(),
            deadline: deadline
        )
        do {
            return try await sender.send(request)
        } catch {
            throw PlatformError(exchange.call, .transport(error))
        }
    }

    /// Logs in and gives the token.
    func logIn(
        _ credentials: PlatformCredentials,
        at path: [String],
        _ key: AppKey?
    ) async -> Result<String, PlatformError> {
        do throws(PlatformError) {
            let session = try await open(credentials, at: path, key, rememberMe: false)
            guard let token = session["session_token"]?.string, !token.isEmpty else {
                throw PlatformError(.logIn, .unreadable(status: 200))
            }
            return .success(token)
        } catch {
            return .failure(error)
        }
    }

    /// Logs in and gives what the platform answers.
    func open(
        _ credentials: PlatformCredentials,
        at path: [String],
        _ key: AppKey?,
        rememberMe: Bool
    ) async throws(PlatformError) -> JSONValue {
        var body: [String: JSONValue] = [
            "email": .string(credentials.email), "password": .string(credentials.password),
        ]
        if rememberMe { body["remember_me"] = true }
        let request = PlatformRequest(call: .logIn, method: "POST", path: path)
        let exchange = Exchange(.logIn, "POST", request.target, .object(body))
        let response = try await pass(exchange, token: nil, key: key)
        if [400, 401, 403].contains(response.status), ErrorEnvelope(response.body) != nil {
            throw PlatformError(.logIn, .loginRefused(status: response.status))
        }
        return try exchange.json(response)
    }
}
