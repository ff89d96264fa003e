/// `file => what becomes of it`; subscriptions with their items as `quantity×price<period end`.
let standardSamples = #"""
    checkout.completed.json => checkout paid ada@example.com
    contact.created.full.json => ignored
    contact.created.thin.json => ignored
    customer.updated.json => customer ada.lovelace@example.com
    payment.refunded.json => refund full of sub_1
    payment.succeeded.json => payment paid until 1788249600
    subscription.ended.json => subscription canceled ended@1788249600
    subscription.updated.json => live subscription active 1×onthly<1788249600
    """#.split(separator: "\n").map(String.init)
