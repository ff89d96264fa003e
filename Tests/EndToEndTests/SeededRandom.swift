import Foundation

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
