import Foundation
import JSON
import Transport

/// The administrator's session: one login at a time for all callers.
actor SessionKeeper {
    /// Logs in once and gives the session token.
    typealias LogIn = @Sendable () async -> Result<String, PlatformError>

    private let logIn: LogIn
    private let now: @Sendable () -> Date
    private var current: String?
    private var underWay: Task<Result<String, PlatformError>, Never>?
    private var refusal: (error: PlatformError, until: Date)?
    private var refusals = 0

    init(now: @escaping @Sendable () -> Date, logIn: @escaping LogIn) {
        self.now = now
        self.logIn = logIn
    }

    /// The session token, after logging in where there is none.
    func token() async throws(PlatformError) -> String {
        if let current { return current }
        if let refusal, now() < refusal.until { throw refusal.error }
        return try await login().value.get()
    }

    /// Forgets a token that the platform refused, unless a newer one has come meanwhile.
    func discard(_ token: String) {
        if current == token { current = nil }
    }

    private func login() -> Task<Result<String, PlatformError>, Never> {
        if let underWay { return underWay }
        // Not a child of the first caller: its cancellation must not fail the others.
        let task = Task {
            let result = await logIn()
            finish(result)
            return result
        }
        underWay = task
        return task
    }

    private func finish(_ result: Result<String, PlatformError>) {
        underWay = nil
        switch result {
        case .success(let token):
            current = token
            refusal = nil
            refusals = 0
        case .failure(let error):
            // A wrong password is remembered, so that many waiting calls do not lock the account;
            // a server that is merely down is not.
            guard case .loginRefused = error.reason else { return }
            refusals = min(refusals + 1, 5)
            let pause = min(300, 10 << (refusals - 1))
            refusal = (error, now().addingTimeInterval(TimeInterval(pause)))
        }
    }
}
