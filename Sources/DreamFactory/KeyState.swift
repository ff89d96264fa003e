import JSON
import Transport

/// What the platform does with an API key.
package enum KeyState: Hashable, Sendable {
    /// The key is accepted.
    case alive
    /// Its app or its role is inactive.
    case asleep
    /// No app with a role has this key.
    case gone
    /// The key is refused, but its role or app is only half gone.
    case teardownUnfinished
    /// The answer proves nothing.
    case inconclusive(status: Int)

    /// Reads the answer to `GET system/role` sent with nothing but the key.
    ///
    /// Status, envelope and message must agree, because proxies answer with statuses too.
    init(_ response: ClientResponse) {
        self = .inconclusive(status: response.status)
        guard let error = ErrorEnvelope(response.body), error.code == response.status,
            error.hasContext
        else { return }
        switch (response.status, error.message) {
        case (401, "Unauthorized. User is not authenticated."): self = .alive
        case (403, "App is not active."): self = .asleep
        case (403, let text) where text.hasPrefix("Access Forbidden. The role assigned"):
            self = .asleep
        case (400, let text) where text.hasPrefix("No session token (JWT) provided."): self = .gone
        case (404, "Role not found."), (404, "App not found."): self = .teardownUnfinished
        default: break
        }
    }
}
