import Subscriptions

/// Where a story is played: what happens, one thing after another, each told by the provider's
/// writer.
struct Stage {
    private static let day = Life.day
    private static let hour = Life.hour

    private(set) var steps: [Story.Step] = []
    /// How many of the steps are the sign-up.
    private(set) var signUpCount = 0
    /// What the subscriber's browser carries back from each checkout.
    private(set) var references: [String] = []
    /// The subscription that the story is at, by the provider's id.
    var subscriptionID: String { writer.subscriptionID(life) }

    private var life: Life
    private var writer: any StoryWriter

    init(_ writer: any StoryWriter, price: String, tag: String, now: Int64) {
        life = Life(price: price, tag: tag, end: now)
        self.writer = writer
    }

    /// Plays a story and says how it ends.
    mutating func play(_ name: String, other: String) -> Story.End {
        switch name {
        case "trial":
            signUp(before: Self.day, isTrial: true)
            return .active
        case "renewal", "pastdue-recovered", "dunning":
            signUp(before: 30 * Self.day + 12 * Self.hour)
            return playRenewal(name)
        case "upgrade", "downgrade":
            signUp(before: name == "upgrade" ? Self.day : 30 * Self.day + Self.hour)
            return playChange(name, other)
        case "cancel-undo", "cancel":
            signUp(before: Self.day)
            return playCancel(name)
        case "pause":
            signUp(before: Self.day)
            life.pausedUntil = life.end + 30 * Self.day
            happens(.pause, after: 60)
            return .suspended
        case "refund", "refund-partial", "refund-parts", "dispute-won", "dispute-lost":
            signUp(before: Self.day)
            return playMoneyBack(name)
        case "refund-earlier":
            signUp(before: 31 * Self.day)
            let first = life
            renew()
            pay(.payment, after: Self.hour)
            return playEarlierRefund(of: first)
        case "return":
            signUp(before: 2 * Self.day)
            finish()
            life.number += 1
            signUp(before: Self.hour)
            return .active
        default:
            signUp(before: 60)
            return .active
        }
    }

    private mutating func playRenewal(_ name: String) -> Story.End {
        renew()
        guard name != "renewal" else {
            pay(.payment, after: Self.hour)
            return .active
        }
        life.status = .pastDue
        happens(.failure, after: Self.hour)
        guard name != "dunning" else {
            life.status = .unpaid
            happens(.exhaustion, after: Self.hour)
            finish()
            return .ended
        }
        life.status = .active
        pay(.recovery, after: Self.hour)
        return .active
    }

    private mutating func playChange(_ name: String, _ other: String) -> Story.End {
        life.price = other
        if name == "downgrade" {
            renew()
        } else {
            ask()
            happens(.change, after: 60)
        }
        pay(.payment, after: 60)
        return .active
    }

    private mutating func playCancel(_ name: String) -> Story.End {
        life.cancelAt = life.periodEnd
        happens(.schedule, after: 60)
        if name == "cancel-undo" {
            life.cancelAt = nil
            happens(.unschedule, after: 60)
            return .active
        }
        finish()
        return .ended
    }

    private mutating func playMoneyBack(_ name: String) -> Story.End {
        switch name {
        case "refund-partial", "refund", "refund-parts":
            life.refunded = name == "refund" ? Life.amount : 900
            happens(.refund, after: Self.hour)
            guard name == "refund-parts" else { return name == "refund" ? .ended : .active }
            life.refundedBefore = life.refunded
            life.refunded = Life.amount
            happens(.refund, after: Self.hour)
            return .ended
        default:
            life.dispute = .open
            life.disputedAt = life.time + Self.hour
            happens(.dispute, after: Self.hour)
            life.dispute = name == "dispute-won" ? .won : .lost
            happens(.dispute, after: Self.hour)
            return name == "dispute-won" ? .active : .suspended
        }
    }
}

// MARK: - What happens

extension Stage {
    /// The payment of a period that another has followed goes back.
    private mutating func playEarlierRefund(of first: Life) -> Story.End {
        life.payment = first.payment
        life.askedAt = first.askedAt
        life.isRenewal = first.isRenewal
        life.paidPeriod = (first.periodStart, first.periodEnd)
        life.refunded = Life.amount
        happens(.refund, after: Self.hour)
        return .active
    }

    /// A sign-up that began so many seconds before the end of the story.
    private mutating func signUp(before: Int64, isTrial: Bool = false) {
        var next = Life(price: life.price, tag: life.tag, end: life.end)
        next.number = life.number
        life = next
        life.time = life.end - before
        life.startedAt = life.time
        life.periodStart = life.time
        life.periodEnd = life.time + (isTrial ? 14 : 30) * Self.day
        life.trialEnd = isTrial ? life.periodEnd : nil
        life.status = isTrial ? .trialing : .active
        life.payment = 1
        life.askedAt = life.time
        life.due = isTrial ? 0 : Life.amount
        life.isPaid = true
        happens(.signUp, after: 0)
        references.append(writer.reference(life))
        if life.number == 1 { signUpCount = steps.count }
    }

    /// The period moves; its money is asked for and comes later.
    private mutating func renew() {
        life.time = life.periodEnd
        (life.periodStart, life.periodEnd) = (life.periodEnd, life.periodEnd + 30 * Self.day)
        ask()
        life.isRenewal = true
        happens(.renewal, after: 0)
    }

    private mutating func ask() {
        life.payment += 1
        life.askedAt = life.time
        life.due = Life.amount
        life.isRenewal = false
        life.isPaid = false
    }

    private mutating func pay(_ happening: Happening, after: Int64) {
        life.isPaid = true
        happens(happening, after: after)
    }

    private mutating func finish() {
        life.status = .canceled
        life.endedAt = life.time + 60
        happens(.end, after: 60)
    }

    private mutating func happens(_ happening: Happening, after: Int64) {
        life.time += after
        steps += writer.tell(happening, life)
    }
}
