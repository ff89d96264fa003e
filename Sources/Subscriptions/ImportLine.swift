package import struct Foundation.Date

/// One existing customer's subscription, as a line of an import says it.
package struct ImportLine: Hashable, Sendable {
    /// The line of the file, counted from 1.
    package let number: Int
    /// The customer's e-mail address.
    package let email: String
    /// The plan, by its id in the catalogue.
    package let plan: Plan.ID
    /// The provider that collects the money, or ``Provider/manual``.
    package let provider: Provider
    /// The provider's id of the customer; the e-mail address where nobody's.
    package let customer: String
    /// The provider's id of the subscription; made of address and plan where nobody's.
    package let subscription: String
    /// Until when it is paid.
    package let paidUntil: Date?
    /// The platform's id of an app that is taken over in place of a new key.
    package let app: Int?

    /// Makes a line.
    package init(
        number: Int,
        email: String,
        plan: Plan.ID,
        provider: Provider = .manual,
        customer: String? = nil,
        subscription: String? = nil,
        paidUntil: Date? = nil,
        app: Int? = nil
    ) {
        self.number = number
        self.email = email
        self.plan = plan
        self.provider = provider
        self.customer = customer ?? email.lowercased()
        self.subscription = subscription ?? "\(email.lowercased())/\(plan)"
        self.paidUntil = paidUntil
        self.app = app
    }
}

/// What the platform says of an app that a line names.
package enum NamedApp: Hashable, Sendable {
    /// It can be taken over.
    case fits(ObservedGrant.Adopted)
    /// It cannot, for a reason in one sentence.
    case refused(String)
}

/// Why a line of an import changes nothing.
package struct ImportRefusal: Error, Hashable, Sendable {
    /// The line of the file, counted from 1.
    package let line: Int
    /// One sentence.
    package let sentence: String

    /// Makes a refusal.
    package init(line: Int, _ sentence: String) {
        self.line = line
        self.sentence = sentence
    }
}
