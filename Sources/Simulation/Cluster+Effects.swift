// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage

// The host: performs what a replica orders, in order, each thing taking its time (HOST-1 to HOST-5).
extension Cluster {
    mutating func perform(_ effects: [ReplicaEffect], of slot: Int, wall: Timestamp) {
        var time = now
        var answers: [(at: UInt64, event: ReplicaEvent)] = []
        var late: [SafetyRecord] = []
        for effect in effects {
            if let left = nodes[slot].effectsLeft {
                // A crash at this boundary: what follows is never done; a record half written is not there.
                if left == 0 { return crashHere(slot, at: time) }
                nodes[slot].effectsLeft = left - 1
            }
            let mark = effect.mark
            auditor.note(slot, mark.kind, at: time, mark.content)
            if tracer != nil { trace(slot, "effect", describe(effect)) }
            do throws(StoreError) {
                if case .persist(let record) = effect, Mutant.sendBeforePersist.isOn {
                    late.append(record)
                    continue
                }
                try perform(effect, of: slot, at: &time, wall, &answers)
            } catch {
                nodes[slot].busyUntil = time
                return endRun(slot, error)
            }
        }
        for record in late { nodes[slot].ring.write(record) }
        nodes[slot].busyUntil = time
        for answer in answers {
            agenda.add(.event(slot, run: nodes[slot].run, answer.event), at: max(time, answer.at))
        }
    }

    private mutating func crashHere(_ slot: Int, at time: UInt64) {
        nodes[slot].busyUntil = time
        coverage.note(.crashWithinStep)
        crash(slot)
        restart(slot, after: random.wait(mean: restartMean))
    }

    private mutating func perform(
        _ effect: ReplicaEffect, of slot: Int, at time: inout UInt64, _ wall: Timestamp,
        _ answers: inout [(at: UInt64, event: ReplicaEvent)]
    ) throws(StoreError) {
        let isHonest = nodes[slot].loyalty.isHonest
        switch effect {
        case .persist(let record):
            time += random.within(nodes[slot].syncing)
            nodes[slot].ring.write(record)
            if isHonest { oracles.notePersisted(slot, record, wall: wall, at: now) }
        case .keep(let block):
            time += random.within(nodes[slot].syncing)
            let disk = nodes[slot].disk
            disk.setLying(Mutant.bodyNotDurable.isOn)
            try BlockStore(disk).keep(block)
            disk.setLying(false)
            oracles.noteKept(slot, block, disk.progress)
        case .append(let records, let handover):
            if handover != nil { time += random.within(nodes[slot].syncing) }
            let blocks = BlockStore(nodes[slot].disk)
            try blocks.append(records, handover: handover, durably: handover != nil)
            for record in records where ownsLeader(slot, record.header) { timings.finish(record.header.id, at: now) }
            if isHonest {
                oracles.noteAppended(slot, records, handover, nodes, at: now, &coverage)
                if oracles.isNews { timings.advance(at: now) }
            }
        case .answer(let ticket, let admissions):
            clients.answer(ticket, admissions, by: slot)
            if isHonest { oracles.noteAnswer(clients.ids(of: ticket), admissions, at: now) }
        case .send(let recipients, let message): send(message, to: recipients, of: slot, at: time)
        case .arm(let deadline, let instant): arm(deadline, at: instant.nanoseconds, of: slot)
        case .sign(let statement, let view):
            if let answer = sign(statement, view, of: slot) { answers.append((time + nodes[slot].signing, answer)) }
        case .signProposal(let header, let entry, let finality):
            if let answer = sign(header, entry, finality, of: slot) {
                answers.append((time + nodes[slot].signing, answer))
            }
        case .execute(let block, let ids):
            let wait = random.within(100_000...2_000_000) + 20_000 * UInt64(ids.count)
            agenda.add(.execution(slot, run: nodes[slot].run, block, ids), at: time + wait)
        case .accuse(let fault): if isHonest { accuse(fault, by: slot) }
        case .note(let observation): note(observation, of: slot)
        case .halt(let reason):
            if isHonest { oracles.violate("A1", "node \(slot) halted: \(reason)", at: now) }
        case .install(let batch): try nodes[slot].disk.write(batch, durably: false)
        case .rebase(let batch):
            try nodes[slot].disk.write(batch, durably: true)
            coverage.note(.wentOnFromSnapshot)
            if isHonest, let tip = try BlockStore(nodes[slot].disk).executedTip() {
                oracles.noteRebased(slot, tip, at: now)
                highestBase = max(highestBase ?? .zero, tip.height)
            }
            // A new run from what the store holds now (HOST-10).
            nodes[slot].busyUntil = time
            crash(slot)
            restart(slot, after: .milliseconds(1))
        }
    }

    private func ownsLeader(_ slot: Int, _ header: Header) -> Bool {
        nodes[slot].engine?.replica.voter.me == header.proposer
    }

    private mutating func arm(_ deadline: Deadline, at instant: UInt64, of slot: Int) {
        nodes[slot].armings[deadline.kind] += 1
        let arming = nodes[slot].armings[deadline.kind]
        if case .view = deadline, instant <= now { coverage.note(.suspectSkipped) }
        // Never early; a little late, as timers are.
        let late = random.next() % Span.millisecond
        agenda.add(
            .deadline(slot, run: nodes[slot].run, deadline, arming: arming), at: max(instant, now) + late)
    }

    private mutating func sign(_ statement: Statement, _ view: View, of slot: Int) -> ReplicaEvent? {
        guard let engine = nodes[slot].engine, let index = engine.replica.voter.me else { return nil }
        let context = engine.replica.voter.context
        let committee = engine.replica.committee
        if nodes[slot].loyalty.isHonest {
            oracles.noteSigned(
                Spoken(slot: slot, index: index, epoch: context.epoch, view: view, statement: statement),
                committee, record: nodes[slot].ring.newest,
                disk: nodes[slot].disk.progress, at: now, &coverage)
        }
        let ballot = nodes[slot].signer.ballot(statement, view, in: context, as: index)
        return signatures.check(ballot, in: context, committee: committee).map { .ballotSigned($0) }
    }

    private mutating func sign(
        _ header: Header, _ entry: EntryCertificate, _ finality: QuorumCertificate?, of slot: Int
    ) -> ReplicaEvent? {
        guard let engine = nodes[slot].engine else { return nil }
        let context = engine.replica.voter.context
        let committee = engine.replica.committee
        oracles.noteHeader(header)
        timings.propose(header.id, at: now)
        if nodes[slot].loyalty.isHonest {
            oracles.noteProposed(slot, header, record: nodes[slot].ring.newest, at: now)
        }
        let proposal = nodes[slot].signer.proposal(header, entry, finality, in: context)
        guard let checked = try? signatures.check(proposal, in: context, committee: committee) else {
            return nil
        }
        return .proposalSigned(checked)
    }

    private mutating func send(_ message: PeerMessage, to recipients: Recipients, of slot: Int, at time: UInt64) {
        var slots: [Int]
        switch recipients {
        case .validators: slots = audience(of: slot)
        case .peer(let id): slots = self.slots(of: id)
        }
        if case .liar(let tricks) = nodes[slot].loyalty {
            for (twisted, targets) in twist(message, to: slots, of: slot, tricks) {
                post(Letter(from: slot, twisted, asBytes: true), to: targets, at: time)
            }
            return
        }
        let isBytes = random.happens(asBytes)
        if isBytes, random.happens(damaged) { damage(message, of: slot) }
        post(Letter(from: slot, message, asBytes: isBytes), to: slots, at: time)
    }

    private mutating func accuse(_ fault: Fault, by slot: Int) {
        guard let committee = nodes[slot].engine?.replica.committee, committee.epoch == fault.epoch,
            let culprit = committee[fault.culprit]
        else { return }
        let isHonest = nodes.filter { $0.signer.publicKey == culprit.key }.allSatisfy { $0.loyalty.isHonest }
        if isHonest { oracles.violate("A7", "an honest validator stands accused: \(fault.charge)", at: now) }
        coverage.note(fault.sight)
    }

    private mutating func note(_ observation: Observation, of slot: Int) {
        switch observation {
        case .returned: coverage.note(.returnedFromLostRing)
        case .recordLost: coverage.note(.recordLost)
        case .epochBegan(let epoch, let height):
            coverage.note(.epochBegan)
            if nodes[slot].loyalty.isHonest, let committee = nodes[slot].replica?.committee {
                oracles.noteEpoch(slot, epoch, from: height, committee, at: now)
            }
        case .rejected(let block, let flaw):
            coverage.note(.blockRejected)
            if nodes[slot].loyalty.isHonest { oracles.noteRejected(slot, block, flaw, at: now) }
        case .finalized(_, let ids): timings.settle(ids, at: now)
        case .refused(_, let refusal): coverage.refuse(refusal)
        case .clockOff(let millis): if millis != nil { coverage.note(.clockFoundOff) }
        case .attested: break
        }
    }
}

extension Fault {
    fileprivate var sight: Sight {
        switch self {
        case .proposals: .evidenceOfTwoProposals
        case .ballots(let first, let second):
            switch (first.statement, second.statement) {
            case (.notarize, .notarize): .evidenceOfTwoNotarizations
            case (.finalize, .finalize): .evidenceOfTwoFinalizations
            case (.nullify, .nullify): .evidenceOfTwoNullifications
            default: .evidenceOfBrokenPromise
            }
        }
    }

    fileprivate var charge: String {
        switch self {
        case .proposals(let first, _): "two proposals by \(culprit.value) in view \(first.header.view.value)"
        case .ballots(let first, let second):
            "\(culprit.value) said \(first.short) and \(second.short)"
        }
    }
}
