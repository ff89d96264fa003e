/// Chooses what goes wrong with each call; with a seed, the same in every run.
struct Rehearsal {
    /// What a call meets.
    struct Draw {
        var node = 0
        var keepsStale = false
        var latency = Duration.zero
        var fault: Fault?
    }

    let spec: FaultSpec
    private var generator: Generator

    init(_ spec: FaultSpec) {
        self.spec = spec
        generator = Generator(state: spec.seed ?? .random(in: 0 ... .max))
    }

    /// Every call takes the same number of choices, so that one item of the spec does not shift
    /// what the others choose.
    mutating func next() -> Draw {
        let (node, stale) = (generator.fraction(), generator.fraction())
        let (latency, fault) = (generator.fraction(), generator.fraction())
        let spread = spec.latency.upperBound - spec.latency.lowerBound
        return Draw(
            node: Int(node * Double(spec.nodes)),
            keepsStale: stale < spec.staleCache,
            latency: spec.latency.lowerBound + spread * latency,
            fault: self.fault(fault)
        )
    }

    private func fault(_ choice: Double) -> Fault? {
        var rest = choice
        let faults: [(Double, Fault)] = [
            (spec.error.share, .failBefore(status: spec.error.status)),
            (spec.errorAfter.share, .failAfter(status: spec.errorAfter.status)),
            (spec.page, .page),
            (spec.cut, .cut),
            (spec.late, .late(spec.lateDelay)),
        ]
        for (share, fault) in faults {
            if rest < share { return fault }
            rest -= share
        }
        return nil
    }

    /// A small generator whose numbers follow from its seed (SplitMix64).
    private struct Generator {
        var state: UInt64

        mutating func fraction() -> Double {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((z ^ (z >> 31)) >> 11) / Double(UInt64(1) << 53)
        }
    }
}
