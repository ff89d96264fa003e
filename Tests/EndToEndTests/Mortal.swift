import Glibc
import Testing

/// A process that is killed and comes back at the same address, as a supervisor would have it.
actor Mortal {
    /// How often it was killed.
    private(set) var kills = 0

    private let words: [String]
    private let environment: [String: String]
    private let isReady: @Sendable (Child) async -> Bool
    private var child: Child?

    init(
        _ words: [String],
        _ environment: [String: String],
        isReady: @escaping @Sendable (Child) async -> Bool
    ) {
        self.words = words
        self.environment = environment
        self.isReady = isReady
    }

    /// Starts it and waits until it says that it serves.
    ///
    /// A start may fail while a command owns the database; then it is tried again.
    func start() async throws {
        var complaint = ""
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            let child = try Child(words, environment)
            self.child = child
            if await isReady(child) { return }
            let end = await child.end()
            complaint = end.error
        }
        throw Late("\(words[0]) never served: \(complaint)")
    }

    /// Kills it at once, in the middle of whatever it does.
    func kill() async {
        guard let child else { return }
        kills += 1
        child.signal(SIGKILL)
        let end = await child.end()
        #expect(end.exit == SIGKILL, "It ended before it was killed: \(end.error.suffix(2_000))")
        #expect(end.holdsNoKey)
        self.child = nil
    }

    /// Begins to start it and kills it while it starts.
    func killYoung(after life: Duration) async throws {
        child = try Child(words, environment)
        try await Task.sleep(for: life)
        await child?.end(afterSignal: SIGKILL)
        kills += 1
        child = nil
    }

    /// Asks it to stop, and says how it did.
    func stop() async throws -> Child.End {
        let last = child
        child = nil
        let running = try #require(last)
        running.signal(SIGTERM)
        let end = await running.end()
        #expect(end.holdsNoKey)
        return end
    }
}

extension Child.End {
    /// Whether no key, nor most of one, was printed or logged.
    var holdsNoKey: Bool { !(out + error).contains(/tg(test|live)[0-9A-Za-z]{20}/) }
}

extension Child {
    fileprivate func end(afterSignal number: Int32) async {
        signal(number)
        _ = await end()
    }
}
