/// A small generator (SplitMix64), so that a failing seed fails again.
package struct SeededRandom: Sendable {
    private var state: UInt64

    /// Starts at a seed.
    package init(_ seed: UInt64) { state = seed }

    /// The next number.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    /// A number from 0 up to a bound.
    package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Whether something that happens so often in a hundred times happens now.
    package mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    /// One of several.
    package mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
}
