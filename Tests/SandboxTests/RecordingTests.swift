import Foundation
import Testing

struct RecordingTests {
    /// Calls that are answered in another way on purpose, with the reason; at most one in twenty
    /// of a file, and never one that provisioning makes.
    private static let exceptions: [String: [Int: String]] = [:]

    @Test(arguments: ["sessions", "provisioning-lifecycle", "provisioning-adopt"])
    func `a bare sandbox answers as the recorded platform did`(name: String) throws {
        let recording = try Recording(fixture: name)
        let exceptions = Self.exceptions[name] ?? [:]
        #expect(!recording.calls.isEmpty)
        #expect(exceptions.count * 20 <= recording.calls.count)
        var different: Set<Int> = []
        for difference in try Replay.differences(recording) {
            different.insert(difference.call.number)
            #expect(exceptions[difference.call.number] != nil, "\(difference)")
        }
        for (number, reason) in exceptions {
            #expect(
                different.contains(number),
                "[\(number)] matches, so it is no exception: \(reason)"
            )
        }
    }

    /// A folder of more recordings, for a report of how many of their calls match.
    private static let folder = ProcessInfo.processInfo.environment["SANDBOX_RECORDINGS"]

    @Test(.enabled(if: folder != nil))
    func `other recordings are counted`() throws {
        let folder = URL(fileURLWithPath: try #require(Self.folder))
        let files = try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        )
        for file in files.sorted(by: { $0.path < $1.path }) where file.pathExtension == "jsonl" {
            let recording = try Recording(contentsOf: file)
            let differences = try Replay.differences(recording)
            let matching = recording.calls.count - differences.count
            print("\(recording.name): \(matching) of \(recording.calls.count) calls match")
            let isDetailed = ProcessInfo.processInfo.environment["SANDBOX_DETAILS"] != nil
            if isDetailed { for difference in differences { print(difference) } }
        }
    }
}
