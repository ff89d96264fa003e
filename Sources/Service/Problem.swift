import HTTP
import JSON

/// The answers that are no success, as RFC 9457 writes them.
///
/// A `type` is stable and says no more than an outsider may know; the request id leads staff to
/// the log line.
enum Problem: String {
    case badRequest = "bad-request"
    case invalidSignature = "invalid-signature"
    case unauthorized = "unauthorized"
    case claimRefused = "claim-refused"
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case rotationRefused = "rotation-refused"
    case tooLarge = "too-large"
    case tooManyFailures = "too-many-failures"
    case tooMany = "too-many-requests"
    case unavailable
    case keyMismatch = "key-withheld"
    case other

    var status: Int {
        switch self {
        case .badRequest, .invalidSignature: 400
        case .unauthorized: 401
        case .claimRefused, .notFound: 404
        case .methodNotAllowed: 405
        case .rotationRefused: 409
        case .tooLarge: 413
        case .tooManyFailures, .tooMany: 429
        case .unavailable: 503
        case .keyMismatch, .other: 500
        }
    }

    private var title: String {
        switch self {
        case .badRequest: "The request cannot be read"
        case .invalidSignature: "The signature is not accepted"
        case .unauthorized: "The lookup token is not known"
        case .claimRefused: "The reference is not known, was used, or is over"
        case .notFound: "There is nothing here"
        case .methodNotAllowed: "This method is not for this path"
        case .rotationRefused: "The key is not rotated now"
        case .tooLarge: "The body is too large"
        case .tooManyFailures: "Too many failed attempts from this address"
        case .tooMany: "Too many requests from this address at once"
        case .unavailable: "Try again shortly"
        case .keyMismatch: "The key is withheld"
        case .other: "The request failed"
        }
    }

    /// The answer, with one sentence more where there is one to say.
    func response(_ requestID: String, detail: String? = nil, status: Int? = nil) -> HTTPResponse {
        let status = status ?? self.status
        var members: [String: JSONValue] = [
            "type": .string("urn:tollgate:problem:\(rawValue)"),
            "title": .string(
                self == .other ? HTTPResponse.reasonPhrase(status) : title
            ),
            "status": .integer(Int64(status)),
            "request_id": .string(requestID),
        ]
        if let detail { members["detail"] = .string(detail) }
        var response = HTTPResponse(status: status, body: JSONValue.object(members).serialized())
        response.headers["Content-Type"] = "application/problem+json"
        response.headers["Cache-Control"] = "no-store"
        if self == .unauthorized { response.headers["WWW-Authenticate"] = "Bearer" }
        if status == 503 { response.headers["Retry-After"] = "5" }
        return response
    }

    /// The answer to what no handler answered.
    static func response(_ status: Int, _ request: HTTPRequest?) -> HTTPResponse {
        let problem: Problem =
            switch status {
            case 400: .badRequest
            case 404: .notFound
            case 405: .methodNotAllowed
            case 413: .tooLarge
            case 429: .tooMany
            case 503: .unavailable
            default: .other
            }
        return problem.response(request?.id ?? "", status: status)
    }
}
