/// Writing, and what a connection waits for.
extension LoopThread {
    /// Writes what is queued; false where the connection is lost.
    func write(_ connection: Connection) -> Bool {
        guard connection.output.count > 0 else { return true }
        switch connection.output.write(to: connection.fd) {
        case .failed: return false
        case .blocked: break
        case .written:
            if connection.wait == .write { connection.restartWaiting() }
        }
        return true
    }

    func watch(_ connection: Connection) {
        guard let watched = connection.watched else { return }
        var wanted: Epoll.Events = []
        if connection.output.count > 0 { wanted.insert(.writable) }
        if !connection.peerHasEnded, readsOn(connection) { wanted.insert(.readable) }
        guard wanted != watched else { return }
        loop.epoll.change(connection.fd, to: wanted, token: connection.id)
        connection.watched = wanted
    }

    private func readsOn(_ connection: Connection) -> Bool {
        switch connection.phase {
        case .reading:
            !connection.isUnfinished && connection.output.count < limits.readAheadBytes
        case .handling: connection.parser.bufferedBytes < limits.readAheadBytes
        case .closing, .dropping: false
        case .lingering: true
        }
    }

    func wait(of connection: Connection) -> Connection.Wait {
        if connection.phase == .lingering { return .linger }
        if connection.output.count > 0 { return .write }
        switch connection.phase {
        case .handling:
            // Staff may wait as long as they like.
            if case .tcp = connection.peer { return .handler }
            return .nothing
        case .closing, .lingering, .dropping: return .linger
        case .reading:
            if connection.exchange != nil { return .body }
            return connection.parser.isInRequest ? .head : .idle
        }
    }
}
