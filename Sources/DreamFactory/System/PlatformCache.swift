/// The platform's cache: `system/cache`.
package struct PlatformCache: Sendable {
    let client: PlatformClient

    /// Clears all of it.
    ///
    /// It ends keys that were changed in place, and gives life back to sessions that were ended.
    package func clear() async throws(PlatformError) {
        try await clear(["system", "cache"])
    }

    /// Clears what is cached for one service; keys are not among it.
    package func clear(_ service: ResourceName) async throws(PlatformError) {
        try await clear(["system", "cache", service.rawValue])
    }

    private func clear(_ path: [String]) async throws(PlatformError) {
        let call = PlatformCall.write("clear the cache")
        let request = PlatformRequest(call: call, method: "DELETE", path: path)
        try Answer.success(call, try await client.send(request))
    }
}

extension PlatformClient {
    /// The platform's cache: `system/cache`.
    package var cache: PlatformCache { PlatformCache(client: self) }
}
