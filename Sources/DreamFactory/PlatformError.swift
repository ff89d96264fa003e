import JSON
package import Transport

/// A call of the System API, named for people.
package enum PlatformCall: String, Hashable, Sendable {
    case logIn = "log in at the platform"
    case listResources = "list the platform's resources"
    case findService = "find the service"
    case createRole = "create the role"
    case findRole = "find the role"
    case changeRole = "change the role"
    case deleteRole = "delete the role"
    case createApp = "create the app"
    case findApp = "find the app"
    case changeApp = "change the app"
    case deleteApp = "delete the app"
    case createLimit = "create the limit"
    case findLimits = "find the limits"
    case changeLimit = "change the limit"
    case deleteLimit = "delete the limit"
    case readCounter = "read the limit's counter"
    case clearCounter = "clear the limit's counter"
    case probeKey = "try the key"

    /// Whether it changes anything there.
    package var isWrite: Bool {
        switch self {
        case .createRole, .changeRole, .deleteRole, .createApp, .changeApp, .deleteApp,
            .createLimit, .changeLimit, .deleteLimit, .clearCounter:
            true
        case .logIn, .listResources, .findService, .findRole, .findApp, .findLimits,
            .readCounter, .probeKey:
            false
        }
    }
}

/// Why a call gave no result.
///
/// It holds nothing that the platform said: its messages quote SQL with bound values, keys
/// among them.
package struct PlatformError: Error, Hashable, Sendable {
    /// What went wrong.
    package enum Reason: Hashable, Sendable {
        /// No usable answer came.
        case transport(TransportError)
        /// The e-mail or the password is wrong, or may not log in.
        case loginRefused(status: Int)
        /// A fresh session was refused.
        case sessionRefused
        /// The administrator lacks a right.
        case forbidden
        /// There is no such record.
        case notFound
        /// The platform has no such resource: a package is not installed.
        case resourceMissing
        /// A record with this name or key exists, or another constraint was broken.
        case alreadyExists
        /// The platform refuses the content of the call.
        case refused(status: Int)
        /// The platform or a proxy before it is not able to answer now.
        case unavailable(status: Int)
        /// The platform failed inside.
        case fault(status: Int)
        /// The answer is not what this call answers.
        case unreadable(status: Int)
        /// The platform says that it stored something else.
        case differs
    }

    /// What helps against it.
    package enum Remedy: String, Hashable, Sendable {
        /// Trying again later.
        case retry
        /// Somebody must change something; trying again shows whether they did.
        case staff
        /// Nothing: the same call will fail again.
        case none
    }

    /// The call.
    package let call: PlatformCall
    /// What went wrong.
    package let reason: Reason

    /// Makes an error.
    package init(_ call: PlatformCall, _ reason: Reason) {
        self.call = call
        self.reason = reason
    }

    /// What helps against it.
    package var remedy: Remedy {
        switch reason {
        case .transport(.notTrusted), .transport(.invalidAddress), .transport(.redirected): .staff
        case .transport, .alreadyExists, .unavailable, .fault, .unreadable: .retry
        case .loginRefused, .sessionRefused, .forbidden, .resourceMissing, .differs: .staff
        case .notFound, .refused: .none
        }
    }

    /// Whether the call may have taken effect all the same.
    package var outcomeIsUnknown: Bool {
        guard call.isWrite else { return false }
        return switch reason {
        case .transport(let error): error.mayHaveArrived
        case .unavailable(let status): status != 429
        case .fault, .unreadable: true
        case .loginRefused, .sessionRefused, .forbidden, .notFound, .resourceMissing,
            .alreadyExists, .refused, .differs:
            false
        }
    }
}

extension PlatformError: CustomStringConvertible {
    /// One sentence for staff.
    package var description: String {
        "Could not \(call.rawValue): \(cause)"
    }

    private var cause: String {
        switch reason {
        case .transport(let error): error.description
        case .loginRefused:
            "The platform refused the administrator's login; check the e-mail and password."
        case .sessionRefused:
            "The platform refused a fresh session; check that the login is a full administrator."
        case .forbidden: "The administrator is not allowed to; check that it has no role."
        case .notFound: "There is no such record."
        case .resourceMissing:
            "The platform has no such resource; install the package it is part of."
        case .alreadyExists: "A record with this name exists already, or it breaks a constraint."
        case .refused(let status): "The platform refused what was sent (\(status))."
        case .unavailable(let status): "The platform cannot answer now (\(status))."
        case .fault(let status): "The platform failed inside (\(status))."
        case .unreadable(let status):
            "The answer (\(status)) is not the platform's; check what stands between."
        case .differs: "The platform says that it stored something else."
        }
    }
}

extension PlatformError {
    /// Sorts an answer that is not a success.
    init(_ call: PlatformCall, _ response: ClientResponse) {
        self.init(call, Self.reason(response.status, ErrorEnvelope(response.body)))
    }

    private static func reason(_ status: Int, _ error: ErrorEnvelope?) -> Reason {
        switch status {
        case 408, 429, 502, 503, 504: return .unavailable(status: status)
        case 500...: return .fault(status: status)
        default: break
        }
        guard let error, error.code != nil else { return .unreadable(status: status) }
        let message = error.message
        switch status {
        case 401: return .sessionRefused
        case 403: return isTerminatedSession(message) ? .sessionRefused : .forbidden
        case 404 where message.hasPrefix("Record with identifier"): return .notFound
        case 404 where message.contains("not found for service"): return .resourceMissing
        case 400 where error.code == 404 || error.entryCodes == ["404"]: return .notFound
        case 400 where message.hasPrefix("A limit already exists"): return .alreadyExists
        // Integrity violations are class 23 of SQLSTATE; which one it was a look-up tells.
        case 400 where error.entryCodes.contains(where: { $0.hasPrefix("23") && $0.count == 5 }):
            return .alreadyExists
        // The record may have been made before its relations were read.
        case 400 where message.hasPrefix("Unknown relationship"): return .unreadable(status: 400)
        case 400..<500: return .refused(status: status)
        default: return .unreadable(status: status)
        }
    }

    /// Whether a 403 means that the session was ended, so that logging in again helps.
    static func isTerminatedSession(_ message: String) -> Bool {
        message.hasPrefix("The token has been blacklisted")
    }
}
