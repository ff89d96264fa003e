import Foundation
import Migrations
import Testing

struct SchemaTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Migrations/sql")

    @Test func `the list names every file of the folder, in order`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(Schema.steps.map(\.fileName) == files)
        #expect(Schema.steps.map(\.version) == Array(1...files.count))
    }

    @Test(arguments: Schema.steps.map(\.fileName))
    func `a step is the text of its file`(_ name: String) throws {
        let step = try #require(Schema.steps.first { $0.fileName == name })
        let file = try Data(contentsOf: Self.folder.appendingPathComponent(name))
        #expect(step.sql == Array(file))
    }
}
