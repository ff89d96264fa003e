/// A call of the platform, named for people.
package struct PlatformCall: Hashable, Sendable {
    /// What it does, after "could not".
    package let rawValue: String
    /// Whether it changes anything there; only what does not is ever sent twice.
    package let isWrite: Bool

    /// Names a call.
    package init(_ rawValue: String, isWrite: Bool) {
        self.rawValue = rawValue
        self.isWrite = isWrite
    }

    static func read(_ text: String) -> PlatformCall { PlatformCall(text, isWrite: false) }
    static func write(_ text: String) -> PlatformCall { PlatformCall(text, isWrite: true) }
}

extension PlatformCall {
    /// The login of an administrator or a user.
    package static let logIn = read("log in at the platform")
    /// See ``PlatformClient/capabilities()``.
    package static let listResources = read("list the platform's resources")
    /// See ``PlatformClient/service(named:)``.
    package static let findService = read("find the service")
    /// See ``PlatformClient/createRole(_:)``.
    package static let createRole = write("create the role")
    /// See ``PlatformClient/role(named:)``.
    package static let findRole = read("find the role")
    /// See ``PlatformClient/changeRole(_:isActive:rules:)``.
    package static let changeRole = write("change the role")
    /// See ``PlatformClient/deleteRole(_:)``.
    package static let deleteRole = write("delete the role")
    /// See ``PlatformClient/createApp(_:on:)``.
    package static let createApp = write("create the app")
    /// See ``PlatformClient/app(named:)``.
    package static let findApp = read("find the app")
    /// See ``PlatformClient/setApp(_:isActive:)``.
    package static let changeApp = write("change the app")
    /// See ``PlatformClient/deleteApp(_:)``.
    package static let deleteApp = write("delete the app")
    /// See ``PlatformClient/createLimit(_:)``.
    package static let createLimit = write("create the limit")
    /// See ``PlatformClient/limits(ofRole:)``.
    package static let findLimits = read("find the limits")
    /// See ``PlatformClient/changeLimit(_:rate:)``.
    package static let changeLimit = write("change the limit")
    /// See ``PlatformClient/deleteLimit(_:)``.
    package static let deleteLimit = write("delete the limit")
    /// See ``PlatformClient/counter(of:)``.
    package static let readCounter = read("read the limit's counter")
    /// See ``PlatformClient/clearCounter(of:)``.
    package static let clearCounter = write("clear the limit's counter")
    /// See ``PlatformClient/probe(_:)``.
    package static let probeKey = read("try the key")
}
