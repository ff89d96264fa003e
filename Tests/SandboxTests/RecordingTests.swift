import Foundation
import Testing

struct RecordingTests {
    /// Calls that are answered in another way on purpose, with the reason; at most one in twenty
    /// of a file, and never one that provisioning makes.
    private static let exceptions: [String: [Int: String]] = [
        "errors": [
            25: "an accident of PHP: its dump of an array, sent to who asks for HTML",
            26: "XML answers are left out",
        ],
        "procedures-functions": [
            20: "SQLite's own words for a value that may not be null",
            24: "SQLite has no greatest length of a text",
            78: "a server's password is not kept, so a wrong one cannot be told",
        ],
        "roles": [
            49: "the description of a system table names tables that the sandbox has not"
        ],
        "schema": [
            60: "an accident of the platform: its cached description of a table is out of date"
        ],
        "services": [
            12: "the form by which the console asks for a configuration is left out",
            13: "the form by which the console asks for a configuration is left out",
            45: "a service's database is no file here, so no folder can be missing",
        ],
    ]

    private static let recordings = [
        "apikey-calls", "apps", "danger-force", "environment-services", "errors", "limits",
        "no-limits-package", "procedures-functions", "provisioning-adopt", "provisioning-batch",
        "provisioning-lifecycle", "provisioning-rotation", "roles", "schema", "seed-examples",
        "services", "sessions", "system-by-api-key", "tables-apikey", "tables-crud",
        "tables-filters", "users",
    ]

    @Test func `every recording is replayed`() throws {
        let folder = Bundle.module.bundleURL.appending(path: "Fixtures")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let names = files.filter { $0.hasSuffix(".jsonl") }.map { $0.dropLast(6) }
        #expect(names.sorted() == Self.recordings.map { $0[...] })
    }

    @Test(arguments: recordings)
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
