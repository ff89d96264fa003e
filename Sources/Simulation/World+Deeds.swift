import Provisioning
import Subscriptions
import Synchronization

import struct Foundation.Date

extension World {
    /// Lets something happen; the server finds out afterwards.
    func perform(_ deed: Deed) async {
        let time = clock.time
        provider.advance(to: time)
        switch deed {
        case .signUp(let person, let price, let kind): provider.signUp(person, price, kind, time)
        case .breakCard(let person): provider.cardWorks[person] = false
        case .fixCard(let person):
            provider.cardWorks[person] = true
            provider.change(deed, person, time)
        case .cancelNow(let person), .cancelAtEnd(let person), .keep(let person),
            .changePlan(let person), .pause(let person), .unpause(let person),
            .refund(let person), .dispute(let person), .closeDispute(let person, _):
            provider.change(deed, person, time)
        case .adopt, .revoke, .restore, .suspend, .resume, .rotate, .proveAgain, .claim:
            await performByHand(deed)
        case .wait(let seconds):
            if busy.isEmpty { await wait(seconds) } else { clock.time += min(seconds, 30) }
        case .freeze(let seconds): clock.time += busy.isEmpty ? seconds : min(seconds, 30)
        case .skew(let seconds): clock.skew = seconds
        case .crash:
            memory.isDead.withLock { $0 = true }
        case .fault(let fault, let call): faults[callCount + call] = fault
        case .crashAtWrite(let write, let committed): crashes[writeCount + write] = committed
        case .delivery(let fault, let event): deliveryFaults[scheduledCount + event] = fault
        case .cache(let fault): platform.cacheFaults.append(fault)
        case .outage(let outage, let seconds): platform.outages[outage] = time + seconds
        }
    }

    private func performByHand(_ deed: Deed) async {
        do {
            switch deed {
            case .adopt(let person, let price): try await adopt(person, price)
            case .revoke(let person): try await place(.revoked, person)
            case .restore(let person): try await lift(.revoked, person)
            case .suspend(let person): try await place(.suspended, person)
            case .resume(let person): try await lift(.suspended, person)
            case .rotate(let person, let grace): try await rotate(person, grace)
            case .proveAgain(let person):
                guard let id = try await subscription(of: person)?.id, busy.isEmpty else { return }
                busy.insert(id)
                defer { busy.remove(id) }
                _ = try await liveProvisioner().proveAgain(id)
            case .claim(let person): try await claim(person)
            default: break
            }
        } catch is MemoryStore.Crash {
            // Whoever asked has no answer, and asks again or not.
        } catch {
            fail("\(deed) met an error: \(error)")
        }
    }

    private func subscription(of person: Int) async throws -> Subscription? {
        guard let index = provider.contract(of: person) else { return nil }
        let id = provider.contracts[index].id
        return try await store.read {
            try $0.subscription(provider: .stripe, mode: .test, providerID: id)
        }
    }

    private func place(_ kind: Hold.Kind, _ person: Int) async throws {
        guard let subscription = try await subscription(of: person) else { return }
        let (desk, now) = (HoldDesk(access: access), clock.now)
        _ = try await store.write { tx in
            try desk.place(
                kind,
                on: subscription,
                reason: "abuse",
                actor: "staff:ada",
                in: tx,
                now: now
            )
        }
    }

    private func lift(_ kind: Hold.Kind, _ person: Int) async throws {
        guard let subscription = try await subscription(of: person) else { return }
        let (desk, now) = (HoldDesk(access: access), clock.now)
        _ = try await store.write { tx in
            try desk.lift(
                kind,
                on: subscription,
                reason: "settled",
                actor: "staff:ada",
                in: tx,
                now: now
            ).lifted
        }
    }

    private func rotate(_ person: Int, _ grace: Bool) async throws {
        guard let id = try await subscription(of: person)?.id else { return }
        let (desk, now) = (RotationDesk(access: access), clock.now)
        _ = try await store.write { tx in
            try desk.rotate(
                id,
                overlap: grace ? .seconds(86_400) : .zero,
                reason: "asked for",
                actor: "staff:ada",
                in: tx,
                now: now
            )
        }
    }

    /// The subscriber exchanges the reference, and looks with every token they have.
    private func claim(_ person: Int) async throws {
        guard let index = provider.contract(of: person) else { return }
        let reference = provider.contracts[index].reference
        let desk = ClaimDesk(access: access, window: .seconds(3_600))
        let now = clock.now
        let outcome = try await store.write { tx in
            try desk.claim(
                provider: .stripe,
                reference: reference,
                idempotencyKey: nil,
                in: tx,
                now: now
            )
        }
        guard case .exchanged(_, let id) = outcome else { return }
        checkShown(id)
    }
}
