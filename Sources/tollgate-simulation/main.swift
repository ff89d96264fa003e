import Foundation
import Simulation
import Synchronization

/// What the command line asks for.
struct Options {
    var histories: UInt64 = 10_000
    var seed: UInt64 = 1
    var isReplay = false
    /// Whether a digest of all transcripts is printed, to compare two processes.
    var hasDigest = false

    static let usage =
        "usage: tollgate-simulation [--histories N] [--seed N] [--replay] [--digest]"

    init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--replay": isReplay = true
            case "--digest": hasDigest = true
            case "--histories", "--seed":
                guard let number = rest.popFirst().flatMap(UInt64.init) else { return nil }
                if word == "--seed" { seed = number } else { histories = number }
            default: return nil
            }
        }
    }
}

/// Counts what was run, and says so on a terminal.
final class Progress: Sendable {
    private let count = Atomic<Int>(0)
    private let calls = Atomic<Int>(0)
    private let digest = Atomic<UInt64>(0)
    private let hasFailed = Atomic(false)
    private let begun = Date()
    private let total: UInt64
    private let isTerminal = isatty(2) == 1

    init(total: UInt64) { self.total = total }

    /// Whether to stop.
    func note(_ outcome: History.Outcome?) -> Bool {
        guard let outcome else { return hasFailed.load(ordering: .relaxed) }
        calls.add(outcome.callCount, ordering: .relaxed)
        // A sum does not tell in which order the lanes came.
        digest.wrappingAdd(outcome.digest, ordering: .relaxed)
        let now = count.add(1, ordering: .relaxed).newValue
        if isTerminal, now % 500 == 0 {
            FileHandle.standardError.write(Data("\r\(now) of \(total), \(rate) a second ".utf8))
        }
        return hasFailed.load(ordering: .relaxed)
    }

    func fail() { hasFailed.store(true, ordering: .relaxed) }

    private var rate: Int {
        Int(Double(count.load(ordering: .relaxed)) / max(0.001, -begun.timeIntervalSinceNow))
    }

    /// The digest of all transcripts, in 16 hex digits.
    var digestText: String {
        let digits = String(digest.load(ordering: .relaxed), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    var summary: String {
        "\(count.load(ordering: .relaxed)) histories, \(calls.load(ordering: .relaxed)) platform "
            + "calls, \(rate) histories a second."
    }
}

/// Prints the shortest history that fails as this one does, and how to see it again.
func explain(_ history: History) async {
    let smallest = await history.shrunk()
    let outcome = await smallest.run(isRecording: true)
    print("Seed \(history.seed) fails; \(smallest.actions.count) of its actions are enough:\n")
    for line in outcome.transcript { print(line) }
    print(
        "\nReplay it with: swift run -c release tollgate-simulation --seed \(history.seed) --replay"
    )
}

guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
    FileHandle.standardError.write(Data((Options.usage + "\n").utf8))
    exit(2)
}

if options.isReplay {
    let history = History(seed: options.seed)
    let outcome = await history.run(isRecording: true)
    for line in outcome.transcript { print(line) }
    guard outcome.violation != nil else {
        print("\nAll held.")
        exit(0)
    }
    await explain(history)
    exit(1)
}

let progress = Progress(total: options.histories)
let lanes = UInt64(max(1, ProcessInfo.processInfo.activeProcessorCount))
let failure = await withTaskGroup(of: History?.self) { group in
    for lane in 0..<lanes {
        group.addTask {
            let seeds = options.seed + lane..<options.seed + options.histories
            let result = await withTaskExecutorPreference(OneThread()) {
                await History.run(seeds, every: lanes, isRecording: options.hasDigest) {
                    progress.note($0)
                }
            }
            if result.failure != nil { progress.fail() }
            return result.failure
        }
    }
    var first: History?
    for await failure in group {
        guard let failure, first.map({ failure.seed < $0.seed }) ?? true else { continue }
        first = failure
    }
    return first
}
print("\n" + progress.summary)
if options.hasDigest { print("digest \(progress.digestText)") }
if let failure {
    await explain(failure)
    exit(1)
}
