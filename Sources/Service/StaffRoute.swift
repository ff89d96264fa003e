import Foundation
import HTTP
import JSON

/// `POST /admin/v1/{noun}/{verb}` on the staff socket: a staff operation with its arguments as a
/// JSON object.
struct StaffRoute: Sendable {
    /// A catalogue of a few thousand plans.
    static let bodyBytesMax = 4 << 20

    let operations: StaffOperations

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard case .unix(let uid, let pid) = request.peer else {
            return Problem.notFound.response(request.id)
        }
        guard let arguments = try? JSONValue(parsing: request.body), arguments.object != nil else {
            return Problem.badRequest.response(
                request.id,
                detail: "A JSON object of arguments is expected."
            )
        }
        let reply = await operations.perform(
            StaffRequest(
                request.parameters["operation"] ?? "",
                arguments,
                actor: StaffActor.name(uid: uid, pid: pid)
            )
        )
        return .json(reply.wire.serialized())
    }
}

/// Who works at the staff door, as the kernel says.
package enum StaffActor {
    /// The name for the audit: the user of the process and, where it differs, the user who logged
    /// in, so that `sudo` hides nobody.
    package static func name(uid: UInt32, pid: Int32) -> String {
        let login = loginUID(pid: pid)
        let suffix = login.flatMap { $0 == uid ? nil : " (logged in as \(user($0)))" } ?? ""
        return "staff:\(user(uid))\(suffix)"
    }

    /// The name of this process's own user.
    package static func ownName() -> String { name(uid: getuid(), pid: getpid()) }

    private static func user(_ uid: UInt32) -> String {
        // The entry lives in static memory of the C library; it is copied at once.
        guard let entry = getpwuid(uid), let name = entry.pointee.pw_name else { return "\(uid)" }
        return String(cString: name)
    }

    private static func loginUID(pid: Int32) -> UInt32? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/loginuid"),
            let uid = UInt32(
                String(decoding: bytes, as: UTF8.self).trimmingCharacters(
                    in: .whitespacesAndNewlines
                )
            )
        else { return nil }
        // All ones say that nobody logged in: a service of the system.
        return uid == UInt32.max ? nil : uid
    }
}
