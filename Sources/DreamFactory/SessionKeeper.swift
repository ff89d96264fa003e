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
    private var isUnderWay = false
    private var waiting: [Int: CheckedContinuation<Result<String, PlatformError>, Never>] = [:]
    private var callers = 0
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
        return try await login().get()
    }

    /// Forgets a token that the platform refused, unless a newer one has come meanwhile.
    func discard(_ token: String) {
        if current == token { current = nil }
    }

    /// Goes on with a token that took the place of the one before.
    func adopt(_ token: String) { current = token }

    /// Forgets the token, because its session was ended.
    func forget() { current = nil }

    /// Waits for the login under way, which goes on for the others where the caller is cancelled.
    private func login() async -> Result<String, PlatformError> {
        callers += 1
        let caller = callers
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiting[caller] = continuation
                // A cancellation that came before has found nobody waiting.
                if Task.isCancelled { leave(caller) } else { begin() }
            }
        } onCancel: {
            // The handler cannot wait for the actor.
            Task { await leave(caller) }
        }
    }

    private func leave(_ caller: Int) {
        let cancelled = PlatformError(.logIn, .transport(.cancelled))
        waiting.removeValue(forKey: caller)?.resume(returning: .failure(cancelled))
    }

    private func begin() {
        guard !isUnderWay else { return }
        isUnderWay = true
        // Not a child of the first caller: its cancellation must not fail the others.
        Task { finish(await logIn()) }
    }

    private func finish(_ result: Result<String, PlatformError>) {
        isUnderWay = false
        learn(result)
        defer { waiting = [:] }
        for continuation in waiting.values { continuation.resume(returning: result) }
    }

    private func learn(_ result: Result<String, PlatformError>) {
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
