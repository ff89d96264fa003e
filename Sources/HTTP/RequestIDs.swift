import Synchronization

/// Makes ids of requests: 75 bits that begin anywhere and never repeat in one process, in 15 letters
/// and digits, which Swift keeps without an allocation.
///
/// They name lines of a log and keep no secret, so the kernel is asked for random bits only once.
final class RequestIDs: Sendable {
    private static let digits: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"

    private let high: UInt64
    private let low: UInt64
    private let count = Atomic<UInt64>(0)

    init() {
        var generator = SystemRandomNumberGenerator()
        high = generator.next()
        low = generator.next()
    }

    func next() -> String {
        // The step of SplitMix64 (Steele, Lea, Flood 2014) visits every number before it repeats.
        let step = count.add(1, ordering: .relaxed).newValue &* 0x9e37_79b9_7f4a_7c15
        var bits = UInt128(Self.mixed(high &+ step)) << 64 | UInt128(Self.mixed(low &+ step))
        return String(unsafeUninitializedCapacity: 15) { text in
            for index in 0..<15 {
                text[index] = Self.digits.utf8Start[Int(truncatingIfNeeded: bits & 31)]
                bits >>= 5
            }
            return 15
        }
    }

    /// The finalizer of SplitMix64, a bijection.
    private static func mixed(_ value: UInt64) -> UInt64 {
        let first = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        let second = (first ^ (first >> 27)) &* 0x94d0_49bb_1331_11eb
        return second ^ (second >> 31)
    }
}
