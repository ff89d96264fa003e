/// Something that happens in a history.
package struct Action: Sendable, CustomStringConvertible {
    /// What happens.
    package var deed: Deed
    /// In the middle of which of the next platform calls, where it is in the middle of one.
    package var during: Int?

    /// The deed, and when.
    package var description: String {
        during.map { "\(deed) during platform call +\($0)" } ?? "\(deed)"
    }
}

/// What subscribers, staff, the provider, the network, the platform and the clock do.
package enum Deed: Sendable {
    case signUp(Int, price: Int, SignUp)
    /// A customer of before is imported with the app that they have.
    case adopt(Int, price: Int)
    case breakCard(Int), fixCard(Int)
    case cancelNow(Int), cancelAtEnd(Int), keep(Int), changePlan(Int)
    case pause(Int), unpause(Int), refund(Int), dispute(Int), closeDispute(Int, won: Bool)
    case revoke(Int), restore(Int), suspend(Int), resume(Int), rotate(Int, grace: Bool)
    case proveAgain(Int)
    case claim(Int)
    /// Time passes and the server runs.
    case wait(Double)
    /// Time passes and the server does not run.
    case freeze(Double)
    /// The server's clock is set, so many seconds off.
    case skew(Double)
    case crash
    case fault(Fault, call: Int)
    case crashAtWrite(Int, committed: Bool)
    case delivery(DeliveryFault, event: Int)
    case cache(CacheFault)
    case outage(PlatformTrouble, seconds: Double)
}

/// How a subscription begins.
package enum SignUp: Sendable, CaseIterable { case paid, trial, slowPayment, unpaid }

/// What goes wrong with one platform call.
package enum Fault: Sendable {
    /// It surely did not arrive.
    case refused
    /// The answer is lost and nothing happened.
    case lostBefore
    /// The answer is lost and it took effect.
    case lostAfter
    /// The answer is lost and it takes effect so many seconds later.
    case late(Double)
    case garbageBefore, garbageAfter, failureBefore, failureAfter
    /// The answer takes so many seconds.
    case slow(Double)
    case crashBefore, crashAfter
    case crashLate(Double)
}

/// What goes wrong with the deliveries of one event.
package enum DeliveryFault: Sendable {
    case late(Double)
    case twice(Double)
    /// The first try never arrives, the second does.
    case resent(Double)
    case lost
}

/// What a cache of keys does after the next change of an app.
package enum CacheFault: Sendable {
    /// It goes on as before for so many seconds.
    case stale(Double)
    /// It forgets, and so many seconds later it remembers for a while.
    case refilled(after: Double, lasting: Double)
}

/// What the platform lacks for a while.
package enum PlatformTrouble: Sendable, CaseIterable {
    case unreachable, unavailable, loginRefused, noLimits, noService, acceptsRandomKeys
}

extension Action {
    /// The actions of a history, from a seed.
    package static func history(seed: UInt64) -> [Action] {
        var random = SeededRandom(seed)
        if seed % 16 == 15 { return lateHistory(&random) }
        if seed % 16 == 7 { return adoptHistory(&random) }
        let people = 1 + random.below(2)
        var actions = [Action(deed: random.signUp(0))]
        if random.chance(70) { actions.append(Action(deed: .wait(random.pick([1, 60])))) }
        for _ in 0..<4 + random.below(10) {
            let during = random.chance(25) ? random.below(8) : nil
            let person = random.below(people)
            switch random.below(100) {
            case 0..<8: actions.append(Action(deed: random.signUp(person)))
            case 8..<34: actions.append(Action(deed: random.money(person), during: during))
            case 34..<54: actions.append(Action(deed: random.staff(person), during: during))
            case 54..<72: actions.append(Action(deed: random.trouble()))
            case 72..<75: actions.append(Action(deed: .claim(person), during: during))
            default: actions.append(Action(deed: random.time()))
            }
        }
        return actions
    }
}

extension Action {
    /// What chance alone rarely brings together: calls that time out and come true late, while what
    /// they were for is taken back.
    private static func lateHistory(_ random: inout SeededRandom) -> [Action] {
        var actions: [Action] = []
        for round in 0..<2 + random.below(3) {
            let seconds: Double = random.pick([5, 45, 300, 580])
            let isCrash = random.chance(30)
            let fault: Fault = isCrash ? .crashLate(seconds) : .late(seconds)
            actions.append(Action(deed: .fault(fault, call: random.below(6))))
            let during = random.chance(60) ? random.below(7) : nil
            let deed = random.chance(60) ? random.staff(0) : random.money(0)
            let sure = Action(deed: random.pick([.revoke(0), .cancelNow(0), deed]), during: during)
            let begins = round == 0 || random.chance(40)
            if during != nil { actions.append(sure) }
            if begins { actions.append(Action(deed: .signUp(0, price: random.below(2), .paid))) }
            if during == nil { actions.append(sure) }
            actions.append(Action(deed: .wait(random.pick([0.5, 20, 40, 700]))))
        }
        return actions
    }
}

extension Action {
    /// What befalls a customer of before, who is imported with the app that they have.
    private static func adoptHistory(_ random: inout SeededRandom) -> [Action] {
        var actions = [Action(deed: .adopt(0, price: random.below(2)))]
        if random.chance(30) { actions.insert(Action(deed: random.trouble()), at: 0) }
        for _ in 0..<3 + random.below(9) {
            let during = random.chance(30) ? random.below(8) : nil
            switch random.below(100) {
            case 0..<45: actions.append(Action(deed: random.staff(0), during: during))
            case 45..<58: actions.append(Action(deed: random.money(0), during: during))
            case 58..<80: actions.append(Action(deed: random.trouble()))
            default: actions.append(Action(deed: random.time()))
            }
        }
        return actions
    }
}

extension SeededRandom {
    fileprivate mutating func signUp(_ person: Int) -> Deed {
        .signUp(
            person,
            price: below(2),
            chance(70) ? .paid : pick(SignUp.allCases)
        )
    }

    fileprivate mutating func money(_ person: Int) -> Deed {
        pick([
            .breakCard(person), .fixCard(person), .cancelNow(person), .cancelAtEnd(person),
            .keep(person), .changePlan(person), .changePlan(person), .pause(person),
            .unpause(person), .refund(person), .dispute(person),
            .closeDispute(person, won: chance(50)),
        ])
    }

    fileprivate mutating func staff(_ person: Int) -> Deed {
        pick([
            .revoke(person), .revoke(person), .restore(person), .restore(person),
            .suspend(person), .resume(person), .rotate(person, grace: true),
            .rotate(person, grace: false), .proveAgain(person),
        ])
    }

    fileprivate mutating func time() -> Deed {
        switch below(10) {
        case 0..<6: .wait(pick([0.5, 20, 40, 700, 3_600, 90_000, 2_600_000]))
        case 6..<8: .freeze(pick([5, 3_600, 86_400, 2_700_000]))
        default: .skew(pick([-5, -2, 0, 2, 5]))
        }
    }

    fileprivate mutating func trouble() -> Deed {
        switch below(20) {
        case 0..<9: .fault(fault(), call: below(9))
        case 9: .crash
        case 10..<12: .crashAtWrite(below(10), committed: chance(50))
        case 12..<16: .delivery(deliveryFault(), event: below(4))
        case 16..<18:
            .cache(
                chance(50)
                    ? .stale(pick([0.3, 40, 4_000, 18_000]))
                    : .refilled(after: pick([0.2, 5, 20]), lasting: pick([30, 4_000, 18_000]))
            )
        default: .outage(pick(PlatformTrouble.allCases), seconds: pick([1, 100, 4_000]))
        }
    }

    private mutating func fault() -> Fault {
        pick([
            .refused, .lostBefore, .lostAfter, .lostAfter, .late(pick([0.2, 5, 300, 580])),
            .late(pick([0.2, 5, 300, 580])), .garbageBefore, .garbageAfter, .failureBefore,
            .failureAfter, .slow(pick([1, 29])), .crashBefore, .crashAfter,
            .crashLate(pick([0.2, 5, 300, 580])),
        ])
    }

    private mutating func deliveryFault() -> DeliveryFault {
        let seconds: [Double] = [0.5, 3, 900, 7_000]
        return pick([
            .late(pick(seconds)), .late(pick(seconds)), .twice(pick(seconds)),
            .resent(pick([60, 3_600, 10_000])), .resent(pick([60, 3_600, 10_000])), .lost,
        ])
    }
}
