/// How a story is told by a provider and over a network that are at their worst, from a seed.
struct Chaos {
    /// What is wrong with a delivery.
    enum Trouble: String, CaseIterable {
        /// The connection ends in the middle of the body.
        case cut
        /// The signature is of something else.
        case forged
        /// A byte of the body has changed on its way.
        case damaged
    }

    /// One delivery of one event.
    struct Delivery: Equatable {
        /// Which event of the story.
        let step: Int
        /// What is wrong with it; nil where it is as it should be.
        let trouble: Trouble?
        /// How long is waited before it, in milliseconds.
        let pause: Int
    }

    /// The deliveries, in order: each event whole at least once, and every trouble once at least.
    let deliveries: [Delivery]

    init(steps count: Int, seed: UInt64) {
        var random = Generator(state: seed)
        var planned: [(place: Double, step: Int, trouble: Trouble?)] = []
        for step in 0..<count {
            let delay: Double = .random(in: 0..<1, using: &random) < 0.2 ? 6 : 2.5
            let place = Double(step) + .random(in: 0..<delay, using: &random)
            planned.append((place, step, nil))
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let later = place + .random(in: 0..<4, using: &random)
                planned.append((later, step, nil))
            }
            for trouble in Trouble.allCases {
                let isSure = step == Int(seed % UInt64(max(count, 1)))
                guard isSure || .random(in: 0..<1, using: &random) < 0.3 else { continue }
                planned.append((place - .random(in: 0..<1, using: &random), step, trouble))
            }
        }
        deliveries = planned.enumerated()
            .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map { plan in
                Delivery(
                    step: plan.element.step,
                    trouble: plan.element.trouble,
                    pause: .random(in: 0..<150, using: &random)
                )
            }
    }

    /// SplitMix64, so that a seed gives the same deliveries everywhere.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }
}
