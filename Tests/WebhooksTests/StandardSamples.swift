/// `file => what becomes of it`; subscriptions with their items as `quantity×price<period end`.
let standardSamples = #"""
    contact.created.full.json => ignored
    contact.created.thin.json => ignored
    """#.split(separator: "\n").map(String.init)
