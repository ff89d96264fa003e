package import Transport

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
        /// No app with a role has this key.
        case keyUnknown
        /// The app, its role, the user or the service is switched off.
        case inactive
        /// These limits are exceeded; each is locked for a whole period from its first refusal.
        case limitExceeded([Int64])
        /// The call was not sent: it would do what is seldom meant.
        case hazardous(Hazard)
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
    /// Where several records were sent: what became of each.
    package let batch: BatchReport?

    /// Makes an error.
    package init(_ call: PlatformCall, _ reason: Reason, batch: BatchReport? = nil) {
        self.call = call
        self.reason = reason
        self.batch = batch
    }

    /// What helps against it.
    package var remedy: Remedy {
        switch reason {
        case .transport(.notTrusted), .transport(.invalidAddress), .transport(.redirected): .staff
        case .transport, .alreadyExists, .unavailable, .fault, .unreadable, .limitExceeded: .retry
        case .loginRefused, .sessionRefused, .forbidden, .resourceMissing, .differs, .keyUnknown,
            .inactive:
            .staff
        case .notFound, .refused, .hazardous: .none
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
            .alreadyExists, .refused, .differs, .keyUnknown, .inactive, .limitExceeded, .hazardous:
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
            "The platform refused the session; check that the login is a full administrator, or "
                + "log in again."
        case .forbidden:
            "The caller is not allowed to; check that an administrator has no role, and a key's "
                + "role a rule for it."
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
        case .keyUnknown: "The platform knows no app with this key and a role; check the key."
        case .inactive: "The app, role, user or service is switched off; switch it on."
        case .limitExceeded: "A limit is exceeded; wait for a whole period, or clear its counter."
        case .hazardous(let hazard):
            hazard.sentence.prefix(1).uppercased() + hazard.sentence.dropFirst()
        }
    }
}
