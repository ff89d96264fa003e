/// One history: what happens, and whether all that must hold held.
package struct History: Sendable {
    /// What came of a history.
    package struct Outcome: Sendable {
        /// What did not hold, in one sentence.
        package let violation: String?
        /// What happened, a line each, where it was asked for.
        package let transcript: [String]
        /// How many platform calls were made.
        package let callCount: Int
        /// How many transactions were committed or tried.
        package let writeCount: Int

        /// A number that tells transcripts apart, the same in every process (FNV-1a).
        package var digest: UInt64 {
            transcript.reduce(0xcbf2_9ce4_8422_2325) { digest, line in
                (line + "\n").utf8.reduce(digest) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            }
        }
    }

    /// From what everything follows.
    package let seed: UInt64
    /// What happens.
    package var actions: [Action]

    /// Makes the history of a seed.
    package init(seed: UInt64) {
        self.seed = seed
        actions = Action.history(seed: seed)
    }

    /// Lets it happen.
    package func run(isRecording: Bool = false) async -> Outcome {
        let world = World(seed: seed, isRecording: isRecording)
        for action in actions where world.violation == nil {
            if let call = action.during {
                world.during[world.callCount + call, default: []].append(action.deed)
                continue
            }
            world.note { "\(action)" }
            await world.perform(action.deed)
            if case .freeze = action.deed { continue }
            await world.pump()
        }
        if world.violation == nil { await world.comeToRest() }
        if world.violation == nil { world.checkRest() }
        if world.violation == nil, seed % 8 < 2 { await world.checkSilence() }
        world.provisioner = nil
        return Outcome(
            violation: world.violation,
            transcript: world.transcript ?? [],
            callCount: world.callCount,
            writeCount: world.writeCount
        )
    }

    /// The same history with every action dropped that the violation does not need.
    package func shrunk() async -> History {
        var smallest = self
        var size = max(1, actions.count / 2)
        while true {
            var start = 0
            var isSmaller = false
            while start < smallest.actions.count {
                var candidate = smallest
                let end = min(start + size, candidate.actions.count)
                candidate.actions.removeSubrange(start..<end)
                if await candidate.run().violation != nil {
                    smallest = candidate
                    isSmaller = true
                } else {
                    start += size
                }
            }
            guard size > 1 || isSmaller else { return smallest }
            size = max(1, size / 2)
        }
    }
}

extension History {
    /// Runs the histories of seeds until one fails or all are done.
    ///
    /// - Parameters:
    ///   - seeds: The seeds.
    ///   - stride: Every how manieth seed is run, from the first on.
    ///   - isRecording: Whether outcomes have their transcripts.
    ///   - isDone: Is told of nothing at first and of each outcome then, and says whether to stop.
    /// - Returns: How many were run and the first that failed.
    package static func run(
        _ seeds: Range<UInt64>,
        every stride: UInt64 = 1,
        isRecording: Bool = false,
        until isDone: @Sendable (Outcome?) -> Bool = { _ in false }
    ) async -> (count: Int, failure: History?) {
        var count = 0
        var seed = seeds.lowerBound
        var isStopped = isDone(nil)
        while seed < seeds.upperBound, !isStopped {
            let history = History(seed: seed)
            let outcome = await history.run(isRecording: isRecording)
            count += 1
            if outcome.violation != nil { return (count, history) }
            isStopped = isDone(outcome)
            seed += stride
        }
        return (count, nil)
    }
}
