import Synchronization

/// Counts what is open, in all and for each address, and says who is served.
final class Admission: Sendable {
    enum Verdict: Equatable {
        /// Served; `account` is the address it counts for, nil where addresses have no limit.
        case served(account: IPAddress?)
        /// One too many, to be answered with this status.
        case refused(status: Int)
        /// A flood, which gets no answer.
        case dropped
    }

    let forwarding: ForwardedFor
    private let limits: HTTPServer.Limits
    private let unlimited: [IPNetwork]
    /// Connections that are served; those that are refused are counted apart, so that clients who
    /// try again and again do not keep others out.
    private let served = Atomic(0)
    private let refused = Atomic(0)
    private let accounts = Locked<[IPAddress: Int]>([:])

    init(_ configuration: HTTPServer.Configuration) {
        limits = configuration.limits
        forwarding = ForwardedFor(trusted: configuration.trustedProxies)
        unlimited = configuration.unlimitedAddresses + configuration.trustedProxies
    }

    func open(_ peer: HTTPPeer) -> Verdict {
        guard served.add(1, ordering: .relaxed).newValue <= limits.connections else {
            return refuse(503)
        }
        guard let address = peer.address, !unlimited.contains(where: { $0.contains(address) })
        else { return .served(account: nil) }
        guard enter(address.account) else { return refuse(429) }
        return .served(account: address.account)
    }

    private func refuse(_ status: Int) -> Verdict {
        served.subtract(1, ordering: .relaxed)
        guard refused.add(1, ordering: .relaxed).newValue <= limits.refusedConnections else {
            refused.subtract(1, ordering: .relaxed)
            return .dropped
        }
        return .refused(status: status)
    }

    func close(_ connection: Connection) {
        if connection.isRefused {
            refused.subtract(1, ordering: .relaxed)
        } else {
            served.subtract(1, ordering: .relaxed)
            connection.account.map(leave)
        }
    }

    /// The client that a request counts for: only requests through a trusted proxy are counted, all
    /// others by their connection.
    func account(of client: IPAddress?, from peer: HTTPPeer) -> IPAddress? {
        guard let client, !forwarding.trusted.isEmpty, client != peer.address,
            !unlimited.contains(where: { $0.contains(client) })
        else { return nil }
        return client.account
    }

    /// Counts one more for an address; false where it has as many as it may.
    func enter(_ account: IPAddress) -> Bool {
        accounts.withLock { accounts in
            let count = accounts[account, default: 0]
            guard count < limits.connectionsPerAddress else { return false }
            accounts[account] = count + 1
            return true
        }
    }

    func leave(_ account: IPAddress) {
        accounts.withLock { accounts in
            let count = accounts[account, default: 0]
            accounts[account] = count > 1 ? count - 1 : nil
        }
    }
}
