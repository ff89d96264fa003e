import HTTP

/// What every public answer tells a browser: run, frame, guess and pass on nothing.
enum SecurityHeaders {
    /// `Strict-Transport-Security` is for whoever ends TLS: sent over plain HTTP it must be ignored
    /// (RFC 6797 §8.1).
    static let fields: HTTPHeaders = [
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    ]
}
