package import Foundation

extension HTTPServer {
    /// Everything a server needs to know beside its routes.
    package struct Configuration: Sendable {
        /// Where to listen.
        package var listeners: [Listener]
        /// The bounds on everything that comes from outside.
        package var limits = Limits()
        /// Proxies whose word is taken for where a request comes from; see ``HTTPRequest/client``.
        package var trustedProxies: [IPNetwork] = []
        /// Addresses without a limit of connections of their own; trusted proxies have none either.
        package var unlimitedAddresses: [IPNetwork] = []
        /// Event loops, each with a thread of its own.
        package var loops = ProcessInfo.processInfo.activeProcessorCount
        /// Is told of every answer, on a loop's thread; it must not block.
        package var accessLog: (@Sendable (HTTPAccess) -> Void)?
        /// Makes request ids.
        package var makeID: @Sendable () -> String = HTTPServer.randomID
        /// The time, for the Date field (RFC 9110 §6.6.1).
        package var now: @Sendable () -> Date = { Date() }

        /// Takes the defaults; change what needs changing.
        package init(listeners: [Listener]) {
            self.listeners = listeners
        }
    }

    /// A place to listen at, with routes of its own where it has any.
    package struct Listener: Sendable {
        enum Place: Sendable {
            case tcp(host: String, port: Int)
            case unix(path: String, mode: UInt32, group: String?)
            case inherited(descriptor: Int32)
        }

        var place: Place
        var router: Router?

        /// Listens on TCP; port 0 takes a free one, and an IPv6 host is written without brackets.
        package static func tcp(host: String, port: Int, router: Router? = nil) -> Listener {
            Listener(place: .tcp(host: host, port: port), router: router)
        }

        /// Listens on a Unix socket file; a path over 107 bytes is refused.
        ///
        /// The file is made with no more rights than 0600 and gets `mode` once it has its group. A
        /// socket file that nobody answers on is replaced.
        package static func unix(
            path: String,
            mode: UInt32 = 0o600,
            group: String? = nil,
            router: Router? = nil
        ) -> Listener {
            Listener(place: .unix(path: path, mode: mode, group: group), router: router)
        }

        /// Listens on a socket that the parent opened and that outlives the process; see
        /// ``SocketActivation``.
        package static func inherited(descriptor: Int32, router: Router? = nil) -> Listener {
            Listener(place: .inherited(descriptor: descriptor), router: router)
        }

        /// The same place with these routes.
        package func routed(by router: Router) -> Listener {
            Listener(place: place, router: router)
        }
    }

    private static let randomID: @Sendable () -> String = {
        let ids = RequestIDs()
        return { ids.next() }
    }()
}

/// Where a server listens, or a client connects.
package enum HTTPAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host, by name or number, and a port.
    case tcp(host: String, port: Int)
    /// The path of a Unix socket.
    case unix(path: String)

    /// The address as people write it: `127.0.0.1:8080`, `[::1]:8080`, `/run/x.sock`.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

/// One answered request, for an access log; holds no header, query or body.
package struct HTTPAccess: Sendable {
    /// The method; empty where the request could not be read.
    package var method: String
    /// The path without the query; empty where the request could not be read.
    package var path: String
    /// The status of the answer.
    package var status: Int
    /// The bytes of the answer, with its head.
    package var bytes: Int
    /// From the end of the request's head to the queued answer.
    package var milliseconds: Double
    /// The request's id.
    package var id: String
    /// Who sent it.
    package var peer: HTTPPeer
    /// The address behind the trusted proxies; nil on a Unix socket.
    package var client: IPAddress?
}
