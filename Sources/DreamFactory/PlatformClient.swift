package import Foundation
import JSON
package import Transport

/// A client of a DreamFactory platform's System API, acting as an administrator.
///
/// It logs in when it must, sends every call once, and believes an answer only where its status
/// and its JSON are what that call answers.
package struct PlatformClient: SystemAPI {
    private let address: PlatformAddress
    private let sender: any RequestSender
    private let session: SessionKeeper
    private let deadline: Duration

    /// Makes a client; nothing is sent before the first call.
    package init(
        address: PlatformAddress,
        credentials: PlatformCredentials,
        sender: any RequestSender,
        deadline: Duration = .seconds(20),
        now: @escaping @Sendable () -> Date
    ) {
        self.address = address
        self.sender = sender
        self.deadline = deadline
        session = SessionKeeper(now: now) { [address, sender, deadline] in
            await Self.logIn(credentials, at: address, through: sender, deadline)
        }
    }

    /// Sends a call as the administrator and gives the JSON of its success.
    func send(
        _ call: PlatformCall,
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil
    ) async throws(PlatformError) -> JSONValue {
        var mayLogInAgain = true
        while true {
            let token = try await session.token()
            let response = try await exchange(
                call,
                method,
                path,
                ["X-DreamFactory-Session-Token": token],
                body
            )
            // A session is refused before anything is done, so the call can be repeated.
            if Self.isSessionRefused(response) {
                await session.discard(token)
                guard mayLogInAgain else { throw PlatformError(call, .sessionRefused) }
                mayLogInAgain = false
                continue
            }
            return try Self.json(call, response)
        }
    }

    /// Tries a key without any session.
    package func probe(_ key: AppKey) async throws(PlatformError) -> KeyState {
        KeyState(
            try await exchange(
                .probeKey,
                "GET",
                "role?limit=1",
                ["X-DreamFactory-API-Key": key.rawValue],
                nil
            )
        )
    }

    private func exchange(
        _ call: PlatformCall,
        _ method: String,
        _ path: String,
        _ headers: [String: String],
        _ body: JSONValue?
    ) async throws(PlatformError) -> ClientResponse {
        let request = try Self.request(call, method, address, path, headers, body, deadline)
        do {
            return try await sender.send(request)
        } catch {
            throw PlatformError(call, .transport(error))
        }
    }

    private static func request(
        _ call: PlatformCall,
        _ method: String,
        _ address: PlatformAddress,
        _ path: String,
        _ headers: [String: String],
        _ body: JSONValue?,
        _ deadline: Duration
    ) throws(PlatformError) -> ClientRequest {
        let separator = path.isEmpty ? "" : "/"
        guard let url = URL(string: "\(address.origin)/api/v2/system\(separator)\(path)") else {
            throw PlatformError(call, .transport(.invalidAddress))
        }
        var headers = headers
        // Without it an error may come as an HTML page after the write was done.
        headers["Accept"] = "application/json"
        if body != nil { headers["Content-Type"] = "application/json" }
        return ClientRequest(
            method: method,
            url: url,
            headers: headers,
            body: body?.serialized(),
            deadline: deadline
        )
    }

    private static func isSessionRefused(_ response: ClientResponse) -> Bool {
        guard [401, 403].contains(response.status),
            let error = ErrorEnvelope(response.body), error.code != nil
        else { return false }
        return response.status == 401 || PlatformError.isTerminatedSession(error.message)
    }

    private static func json(
        _ call: PlatformCall,
        _ response: ClientResponse
    ) throws(PlatformError) -> JSONValue {
        guard (200..<300).contains(response.status) else { throw PlatformError(call, response) }
        guard let json = try? JSONValue(parsing: response.body), json["error"] == nil else {
            throw PlatformError(call, .unreadable(status: response.status))
        }
        return json
    }

    private static func logIn(
        _ credentials: PlatformCredentials,
        at address: PlatformAddress,
        through sender: any RequestSender,
        _ deadline: Duration
    ) async -> Result<String, PlatformError> {
        let body: JSONValue = [
            "email": .string(credentials.email), "password": .string(credentials.password),
        ]
        do throws(PlatformError) {
            let request = try request(
                .logIn,
                "POST",
                address,
                "admin/session",
                [:],
                body,
                deadline
            )
            let response: ClientResponse
            do {
                response = try await sender.send(request)
            } catch {
                throw PlatformError(.logIn, .transport(error))
            }
            if [400, 401, 403].contains(response.status), ErrorEnvelope(response.body) != nil {
                throw PlatformError(.logIn, .loginRefused(status: response.status))
            }
            guard let token = try json(.logIn, response)["session_token"]?.string, !token.isEmpty
            else { throw PlatformError(.logIn, .unreadable(status: response.status)) }
            return .success(token)
        } catch {
            return .failure(error)
        }
    }
}
