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
                "status": "\(access.status)", "bytes": "\(access.bytes)",
                "ms": String(format: "%.1f", access.milliseconds),
                "client": access.client?.description ?? "staff", "request": access.id,
            ]
        )
    }

    /// A path in which nothing stands that may be a secret somebody has pasted in the wrong place.
    static func path(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            let isSecret =
                segment.utf8.count > segmentMax
                || ["tlk_", "tglive", "tgtest", "whsec_", "cs_"].contains { segment.hasPrefix($0) }
            return isSecret ? "…" : String(segment)
        }.joined(separator: "/")
    }

    /// Methods come from outside too.
    private static func method(_ method: String) -> String {
        method.utf8.count > 16 ? "…" : method
    }
}
