import Digest
import Foundation
import JSON

/// The published vectors in `Fixtures/`.
enum Fixture {
    static func text(_ name: String) throws -> String {
        String(decoding: try bytes(name), as: UTF8.self)
    }

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: bytes(name))
    }

    private static func bytes(_ name: String) throws -> Data {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures")
        return try Data(contentsOf: folder.appendingPathComponent(name))
    }
}

/// The `NAME = value` blocks of a NIST response file that hold the member `MD`.
struct ResponseFile {
    let seed: String?
    let blocks: [[String: String]]

    init(_ text: String) {
        var seed: String?
        var blocks: [[String: String]] = []
        var block: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: "=").map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2 else { continue }
            if parts[0] == "Seed" { seed = parts[1] }
            block[parts[0]] = parts[1]
            guard parts[0] == "MD" else { continue }
            blocks.append(block)
            block = [:]
        }
        self.seed = seed
        self.blocks = blocks
    }
}

extension JSONValue {
    /// The bytes of a member written in hexadecimal.
    func bytes(_ name: String) -> [UInt8]? {
        self[name]?.string.flatMap { Hex.decode($0) }
    }
}
