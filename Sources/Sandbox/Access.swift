import JSON

extension Exchange {
    /// Refuses a call that the caller has no right to; what is open to all is not asked about.
    func authorize(isOpen: Bool) throws(Refusal) {
        if isOpen || caller.isAdmin { return }
        guard let role = caller.role else {
            if caller.user == nil { throw caller.hasKey ? .noToken : .noCredentials }
            throw caller.hasKey ? .noRole : .noKey
        }
        guard role.isActive else { throw .inactiveRole }
        let (verb, component) = (call.verb, call.component)
        if role.allows(verb, service: call.service, component: component) { return }
        // Who may read all tables may ask for their descriptions, and finds none.
        if component == "_schema", verb == .get,
            role.allows(.get, service: call.service, component: "_table")
        {
            return
        }
        // A key alone is told to log in, even where a login would not help.
        guard caller.user != nil else { throw .notAuthenticated }
        throw Refusal(
            403,
            "Access Forbidden. \(verb.rawValue) access to component '\(component)' of service "
                + "'\(call.service)' is not allowed by this user's role."
        )
    }
}
