/// Why a request is not taken for the provider's.
package enum SignatureFailure: Error, Hashable, Sendable {
    /// The header field is missing.
    case notSigned(header: String)
    /// The header field is there but not of the provider's form.
    case invalidHeader(header: String)
    /// No signature was made with a configured secret over these bytes.
    case noValidSignature
    /// Rightly signed, but too long ago.
    case tooOld(tolerance: Duration)
    /// Rightly signed, but in the future.
    case tooNew(tolerance: Duration)
}

extension SignatureFailure: CustomStringConvertible {
    /// One sentence that names no secret and no signature.
    package var description: String {
        switch self {
        case .notSigned(let header):
            "The request has no \(header) header; only the provider's signed webhooks are taken."
        case .invalidHeader(let header):
            "The \(header) header is not of the form that the provider sends."
        case .noValidSignature:
            "No signature matches; check that the configured secret is the one of this endpoint,"
                + " and that nothing between the provider and Tollgate changes the body."
        case .tooOld(let tolerance):
            "The signature is more than \(tolerance.components.seconds) seconds old; check the"
                + " clock of this machine, or have the provider send the event again."
        case .tooNew(let tolerance):
            "The signature is more than \(tolerance.components.seconds) seconds in the future;"
                + " check the clock of this machine."
        }
    }
}
