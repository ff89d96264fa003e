/// Something did not come in time.
struct Late: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Looks again and again until a thing is so; throws where it is not in time.
func eventually(
    _ what: String,
    within duration: Duration = .seconds(300),
    _ isSo: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + duration
    while true {
        if try await isSo() { return }
        guard ContinuousClock.now < deadline else { throw Late("Not in time: \(what).") }
        try await Task.sleep(for: .milliseconds(15))
    }
}
