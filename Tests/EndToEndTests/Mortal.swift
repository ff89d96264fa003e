import Foundation
import Glibc
import Testing

/// A port on loopback that stays ours while nobody listens there, so that a process which is
/// killed finds it free when it comes back.
final class ReservedPort: Sendable {
    let number: Int
    private let socket: Int32

    init() throws {
        socket = Glibc.socket(
            AF_INET,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue),
            0
        )
        var on: Int32 = 1
        // Two sockets with this option may have one port as long as only one of them listens; and
        // the kernel gives a port that is bound to no outgoing connection.
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (descriptor, length) = (socket, size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0
                    ? getsockname(descriptor, address, &size) : -1
            }
        }
        try #require(code == 0)
        number = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(socket) }
}

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
        let deadline = ContinuousClock.now + .seconds(20)
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
        return await running.end()
    }
}

extension Child {
    fileprivate func end(afterSignal number: Int32) async {
        signal(number)
        _ = await end()
    }
}

/// A random sequence that its seed gives again.
struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// One sequence of several with a seed.
    init(seed: UInt64, sequence: UInt64) {
        state = seed &+ sequence &* 0xd134_2543_de82_ef95
        _ = next()
    }

    /// The seed of this run: `TOLLGATE_TEST_SEED`, or a new one.
    static let seed: UInt64 = {
        let told = ProcessInfo.processInfo.environment["TOLLGATE_TEST_SEED"].flatMap(UInt64.init)
        let seed = told ?? .random(in: 0...999_999)
        print("TOLLGATE_TEST_SEED=\(seed)")
        return seed
    }()

    /// SplitMix64, of Steele, Lea and Flood (OOPSLA 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Something did not come in time.
struct Late: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Looks again and again until a thing is so; throws where it is not in time.
func eventually(
    _ what: String,
    within duration: Duration = .seconds(30),
    _ isSo: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + duration
    while true {
        if try await isSo() { return }
        guard ContinuousClock.now < deadline else { throw Late("Not in time: \(what).") }
        try await Task.sleep(for: .milliseconds(15))
    }
}
