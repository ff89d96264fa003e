import Foundation
import HTTP

/// The line that every answered request gets.
///
/// It names method, path, status, client and request id, and no header, query or body.
struct AccessLog: Sendable {
    /// The longest segment of a path that is written: our ids have 26 characters, and every token,
    /// key, signature and checkout reference has more than this.
    private static let segmentMax = 40

    let log: Log

    func callAsFunction(_ access: HTTPAccess) {
        log.info(
            "request",
            [
                "method": Self.method(access.method), "path": Self.path(access.path),
                "status": String(access.status), "bytes": String(access.bytes),
                "ms": Self.tenths(access.milliseconds),
                "client": access.client?.description ?? "staff", "request": access.id,
            ]
        )
    }

    /// A path in which nothing stands that may be a secret somebody has pasted in the wrong place.
    static func path(_ path: String) -> String {
        if isPlain(path) { return path }
        return path.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            let isSecret =
                segment.utf8.count > segmentMax || secrets.contains { segment.hasPrefix($0) }
            return isSecret ? "…" : String(segment)
        }.joined(separator: "/")
    }

    private static let secrets = ["tlk_", "tglive", "tgtest", "whsec_", "cs_"]

    /// Whether no segment can be a secret, which is soon said of the paths that are asked for most.
    private static func isPlain(_ path: String) -> Bool {
        guard path.utf8.count <= segmentMax else { return false }
        var (before, last) = (UInt8(ascii: "/"), UInt8(ascii: "/"))
        for byte in path.utf8 {
            if before == UInt8(ascii: "/"), last != UInt8(ascii: "/"), beginsSecret(last, byte) {
                return false
            }
            (before, last) = (last, byte)
        }
        return true
    }

    /// Whether a segment with these first two bytes must be looked at as a whole.
    private static func beginsSecret(_ first: UInt8, _ second: UInt8) -> Bool {
        secrets.contains { $0.utf8.starts(with: [first, second]) }
    }

    /// Milliseconds with one digit after the point.
    private static func tenths(_ milliseconds: Double) -> String {
        let tenths = Int64(exactly: (milliseconds * 10).rounded()) ?? .max
        return String(tenths / 10) + "." + String(tenths % 10)
    }

    /// Methods come from outside too.
    private static func method(_ method: String) -> String {
        method.utf8.count > 16 ? "…" : method
    }
}
