import HTTP
import JSON
import Sandbox
import Testing

extension SandboxPlatform {
    /// What the administrator reads of the System API.
    func asAdmin(_ path: String) throws -> JSONValue {
        let login: JSONValue = [
            "email": .string(Self.adminEmail), "password": .string(Self.adminPassword),
        ]
        let session = answer(
            try HTTPRequest(
                method: "POST",
                target: "/api/v2/system/admin/session",
                body: login.serialized()
            )
        )
        let token = try #require(try JSONValue(parsing: session.body)["session_token"]?.string)
        let read = answer(
            try HTTPRequest(
                target: "/api/v2/system/\(path)",
                headers: ["X-DreamFactory-Session-Token": token]
            )
        )
        try #require(read.status == 200)
        return try JSONValue(parsing: read.body)
    }
}
