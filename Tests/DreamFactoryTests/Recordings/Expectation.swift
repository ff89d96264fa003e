import JSON

@testable import DreamFactory

/// What a recorded answer must come to, said apart from the code that reads it.
enum Expectation {
    private static let refusals: [(status: Int, start: String, reason: PlatformError.Reason)] = [
        (401, "Unauthorized. User is not authenticated.", .forbidden),
        (401, "Invalid credentials supplied.", .loginRefused(status: 401)),
        (401, "", .sessionRefused),
        (403, "The token has been blacklisted", .sessionRefused),
        (403, "App is not active.", .inactive),
        (403, "User is not active.", .inactive),
        (403, "Access Forbidden. The role assigned", .inactive),
        (403, "Service ", .inactive),
        (403, "", .forbidden),
        (404, "Role not found.", .keyUnknown),
        (404, "App not found.", .keyUnknown),
        (404, "Could not find a service", .resourceMissing),
        (404, "Resource '", .resourceMissing),
        (404, "", .notFound),
        (400, "No session token (JWT) provided.", .keyUnknown),
        (400, "A limit already exists", .alreadyExists),
        (400, "Unknown relationship", .unreadable(status: 400)),
    ]

    static func reason(_ call: Recording) -> PlatformError.Reason {
        let isLogin = call.method == "POST" && call.path.hasSuffix("/session")
        let error = call.answerJSON?["error"]
        if isLogin, [400, 401, 403].contains(call.status) {
            return .loginRefused(status: call.status)
        }
        if call.status >= 500 { return .fault(status: call.status) }
        guard let error, error["code"]?.int != nil else { return .unreadable(status: call.status) }
        if call.status == 429 {
            let ids = error["context"]?.array?.compactMap { $0["id"]?.integer } ?? []
            return .limitExceeded(ids)
        }
        if call.status == 400, let reason = batch(error) { return reason }
        let message = error["message"]?.string ?? ""
        return refusals.first { $0.status == call.status && message.hasPrefix($0.start) }?.reason
            ?? .refused(status: call.status)
    }

    private static func batch(_ error: JSONValue) -> PlatformError.Reason? {
        if error["code"] == 404 { return .notFound }
        guard error["code"] == 1000 else { return nil }
        let entries = (error.at("context", "resource")?.array ?? [])
            .filter { $0["message"] != nil && $0["code"] != nil }
        if entries.contains(where: { ["23000", "23505"].contains($0["code"]?.string) }) {
            return .alreadyExists
        }
        if entries.count == 1, entries[0]["code"] == 404 { return .notFound }
        let isMade = entries.contains {
            $0["message"]?.string?.hasPrefix("Unknown relationship") ?? false
        }
        return isMade ? .unreadable(status: 400) : nil
    }
}
