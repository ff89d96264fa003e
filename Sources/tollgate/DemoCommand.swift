import Foundation
import JSON
import Service

/// The whole road on loopback, in a temporary folder.
struct DemoCommand: Command {
    let declaration = Declaration(
        words: ["demo"],
        summary: "Shows the whole road on loopback, in a temporary folder.",
        notes: ["Exit code 0 says that every step proved itself."]
    )

    func run(_ call: Call) async throws -> Exit {
        guard call.isJSON else {
            return await Demo { call.console.print($0) }.run() ? .done : .failed
        }
        var lines: [JSONValue] = []
        let isProved = await Demo {
            lines.append(.string($0.trimmingCharacters(in: .whitespaces)))
        }.run()
        call.console.print(json: ["lines": .array(lines), "proved": .bool(isProved)])
        return isProved ? .done : .failed
    }
}
