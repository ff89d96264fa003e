import Digest

/// Passwords at rest: PBKDF2 with a salt, and few rounds since no password here is worth guessing.
enum Password {
    private static let iterations = 100

    static func hash(_ password: String, salt: [UInt8]) -> String {
        let key = PBKDF2.derive(
            from: Array(password.utf8),
            salt: salt,
            iterations: iterations,
            byteCount: 32
        )
        return "\(Hex.encode(salt))$\(Hex.encode(key))"
    }

    static func matches(_ password: String, hash stored: String?) -> Bool {
        guard let salt = stored?.split(separator: "$").first.flatMap({ Hex.decode($0) }) else {
            return false
        }
        return ConstantTime.equal(hash(password, salt: salt), stored ?? "")
    }
}
