import JSON
import Transport

extension PlatformError {
    /// Sorts an answer that is not a success.
    init(_ call: PlatformCall, _ response: ClientResponse) {
        let error = ErrorEnvelope(response.body)
        self.init(
            call,
            Self.reason(response.status, error),
            batch: error?.entries.map(BatchReport.init)
        )
    }

    private static func reason(_ status: Int, _ error: ErrorEnvelope?) -> Reason {
        switch status {
        case 429:
            guard let error, error.message.hasPrefix("API limit(s) exceeded.") else {
                return .unavailable(status: status)
            }
            return .limitExceeded(error.contextIDs)
        case 408, 502, 503, 504: return .unavailable(status: status)
        case 500...: return .fault(status: status)
        default: break
        }
        guard let error, error.code != nil else { return .unreadable(status: status) }
        return refusal(status, error)
    }

    private static func refusal(_ status: Int, _ error: ErrorEnvelope) -> Reason {
        let message = error.message
        switch status {
        // What a key alone is told where its role lacks the right.
        case 401 where message == "Unauthorized. User is not authenticated.": return .forbidden
        case 401 where message.hasPrefix("Invalid credentials supplied."):
            return .loginRefused(status: status)
        case 401: return .sessionRefused
        case 403 where isTerminatedSession(message): return .sessionRefused
        case 403: return isSwitchedOff(message) ? .inactive : .forbidden
        case 404 where message == "Role not found." || message == "App not found.":
            return .keyUnknown
        case 404 where message.contains("not found for service"),
            404 where message.hasPrefix("Could not find a service"):
            return .resourceMissing
        case 404 where isAbsence(message): return .notFound
        case 400 where message.hasPrefix("No session token (JWT) provided."): return .keyUnknown
        case 400 where error.code == 404 || error.entryCodes == ["404"]: return .notFound
        case 400 where message.hasPrefix("A limit already exists"): return .alreadyExists
        // Integrity violations are class 23 of SQLSTATE; which one it was a look-up tells.
        case 400 where error.entryCodes.contains(where: { $0.hasPrefix("23") && $0.count == 5 }):
            return .alreadyExists
        // The record may have been made before its relations were read.
        case 400 where error.messages.contains(where: { $0.hasPrefix("Unknown relationship") }):
            return .unreadable(status: 400)
        case 400..<500: return .refused(status: status)
        default: return .unreadable(status: status)
        }
    }

    /// Whether a 404 says that the thing itself is not there; any other proves nothing.
    private static func isAbsence(_ message: String) -> Bool {
        message.hasPrefix("Record with identifier")
            || message.contains("does not exist in the database")
            || message.hasPrefix("Table '") || message.hasPrefix("Service type '")
            || message.hasPrefix("No requested fields found")
            || message.hasPrefix("No user session found.")
            || message.hasPrefix("The supplied email was not found")
    }

    private static func isSwitchedOff(_ message: String) -> Bool {
        message == "App is not active." || message == "User is not active."
            || message.hasPrefix("Access Forbidden. The role assigned")
            || (message.hasPrefix("Service ") && message.hasSuffix(" is deactivated."))
    }

    /// Whether a 403 means that the session was ended, so that logging in again helps.
    static func isTerminatedSession(_ message: String) -> Bool {
        message.hasPrefix("The token has been blacklisted")
    }
}
