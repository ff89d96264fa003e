package import Foundation
import JSON
package import Transport

/// A client of a DreamFactory platform.
///
/// It logs in when it must, keeps to its ``CallPolicy``, and believes an answer only where its
/// status and its JSON are what that call answers.
package struct PlatformClient: Sendable {
    let address: PlatformAddress
    let identity: Identity
    private let sender: any RequestSender
    private let policy: CallPolicy
    private let gate: CallGate
    private let sleep: Sleep

    /// Waits for a time, or throws where the task was cancelled.
    package typealias Sleep = @Sendable (Duration) async throws -> Void

    /// Makes a client; nothing is sent before the first call.
    ///
    /// - Parameters:
    ///   - address: Where the platform is.
    ///   - caller: Who the client is there.
    ///   - sender: What carries the calls.
    ///   - policy: How it spends time, connections and repetitions.
    ///   - sleep: How it waits before it repeats a call.
    ///   - now: The time, for pauses after a refused login.
    package init(
        address: PlatformAddress,
        caller: PlatformCaller,
        sender: any RequestSender,
        policy: CallPolicy = .standard,
        sleep: @escaping Sleep = { try await Task.sleep(for: $0) },
        now: @escaping @Sendable () -> Date
    ) {
        self.address = address
        self.sender = sender
        self.policy = policy
        self.sleep = sleep
        gate = CallGate(places: policy.concurrentCalls)
        let door = Door(address: address, sender: sender, deadline: policy.deadline)
        identity =
            switch caller {
            case .administrator(let credentials):
                .keeper(
                    SessionKeeper(now: now) {
                        await door.logIn(credentials, at: ["system", "admin", "session"], nil)
                    },
                    nil
                )
            case .user(let credentials, let key):
                .keeper(
                    SessionKeeper(now: now) {
                        await door.logIn(credentials, at: ["user", "session"], key)
                    },
                    key
                )
            case .apiKey(let key): .fixed(nil, key)
            case .session(let token, let key): .fixed(token, key)
            case .anonymous: .fixed(nil, nil)
            }
    }

    /// Makes an administrator's client for a caller that repeats calls by itself.
    package init(
        address: PlatformAddress,
        credentials: PlatformCredentials,
        sender: any RequestSender,
        deadline: Duration = .seconds(20),
        now: @escaping @Sendable () -> Date
    ) {
        self.init(
            address: address,
            caller: .administrator(credentials),
            sender: sender,
            policy: .once(deadline: deadline),
            now: now
        )
    }

    /// Sends a call of the System API and gives the JSON of its success.
    func send(
        _ call: PlatformCall,
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil
    ) async throws(PlatformError) -> JSONValue {
        let target = "/api/v2/system" + (path.isEmpty ? "" : "/") + path
        return try await perform(Exchange(call, method, target, body))
    }

    /// Sends a call and gives the JSON of its success.
    func send(_ request: PlatformRequest) async throws(PlatformError) -> JSONValue {
        var exchange = Exchange(request.call, request.method, request.target, request.body)
        exchange.mayBeEmpty = request.mayBeEmpty
        return try await perform(exchange)
    }

    /// Tries a key without any session.
    package func probe(_ key: AppKey) async throws(PlatformError) -> KeyState {
        let exchange = Exchange(.probeKey, "GET", "/api/v2/system/role?limit=1", nil)
        return KeyState(try await pass(exchange, token: nil, key: key))
    }

    private func perform(_ exchange: Exchange) async throws(PlatformError) -> JSONValue {
        var attempt = 1
        while true {
            do {
                return try await attemptOnce(exchange)
            } catch {
                guard attempt < policy.attempts, error.mayBeRepeated else { throw error }
                attempt += 1
                do {
                    try await sleep(policy.pause(before: attempt))
                } catch {
                    throw PlatformError(exchange.call, .transport(.cancelled))
                }
            }
        }
    }

    private func attemptOnce(_ exchange: Exchange) async throws(PlatformError) -> JSONValue {
        var mayLogInAgain = true
        while true {
            let token = try await identity.token()
            let response = try await pass(exchange, token: token, key: identity.key)
            // A session is refused before anything is done, so the call can be repeated.
            if exchange.isSessionRefused(response), await identity.discard(token) {
                guard mayLogInAgain else { throw PlatformError(exchange.call, .sessionRefused) }
                mayLogInAgain = false
                continue
            }
            return try exchange.json(response)
        }
    }

    private func pass(
        _ exchange: Exchange,
        token: String?,
        key: AppKey?
    ) async throws(PlatformError) -> ClientResponse {
        guard await gate.enter() else {
            throw PlatformError(exchange.call, .transport(.cancelled))
        }
        defer { gate.leave() }
        let door = Door(address: address, sender: sender, deadline: policy.deadline)
        return try await door.pass(exchange, token: token, key: key)
    }

    /// Logs in as somebody else than this client is, without keeping the session.
    func openSession(
        _ credentials: PlatformCredentials,
        at path: [String],
        rememberMe: Bool
    ) async throws(PlatformError) -> JSONValue {
        let door = Door(address: address, sender: sender, deadline: policy.deadline)
        return try await door.open(credentials, at: path, identity.key, rememberMe: rememberMe)
    }
}
