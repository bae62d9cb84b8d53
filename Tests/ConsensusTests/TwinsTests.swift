// SPDX-License-Identifier: Apache-2.0
import Consensus
import Ledger
import Testing

/// Signatures already checked: worlds repeat each other's messages, and checking them anew would take minutes.
private final class Notary {
    let paper = PaperCommittee(4)
    private var ballots: [Ballot: Verified<Ballot>] = [:]
    private var certificates: [QuorumCertificate: Verified<QuorumCertificate>] = [:]
    private var own: [Ballot.Key: Verified<Ballot>] = [:]

    /// Between worlds: what is remembered stays small.
    func tidy() {
        guard ballots.count + certificates.count > 20_000 else { return }
        (ballots, certificates, own) = ([:], [:], [:])
    }

    func verified(_ ballot: Ballot) -> Verified<Ballot>? {
        if let known = ballots[ballot] { return known }
        ballots[ballot] = paper.verified(ballot)
        return ballots[ballot]
    }

    func verified(_ certificate: QuorumCertificate?) -> Verified<QuorumCertificate>? {
        guard let certificate else { return nil }
        if let known = certificates[certificate] { return known }
        certificates[certificate] = paper.verified(certificate)
        return certificates[certificate]
    }

    func ballot(_ statement: Statement, _ view: View, by signer: ValidatorIndex) -> Verified<Ballot>? {
        let key = Ballot.Key(statement: statement, view: view, signer: signer)
        if let known = own[key] { return known }
        own[key] = verified(paper.ballot(statement, view, by: signer))
        return own[key]
    }
}

extension Ballot {
    fileprivate struct Key: Hashable {
        let statement: Statement
        let view: View
        let signer: ValidatorIndex
    }
}

/// Four validators, one of which runs twice with one key, and a network that splits anew in each view.
///
/// The twin is honest code that equivocates by being two: each copy proposes its own block and votes for what its side
/// of the network shows it (Bano and others, Twins, OPODIS 2021). Processes 0 to 3 are the validators, 4 is the copy.
private struct TwinWorld {
    enum Message {
        case ballot(Ballot, QuorumCertificate?), proposal(Proposal), certificate(QuorumCertificate)
        case nullity(NullityCertificate)

        /// The view whose split decides whether it passes.
        var view: View {
            switch self {
            case .ballot(let ballot, _): ballot.view
            case .proposal(let proposal): proposal.header.view
            case .certificate(let certificate): certificate.view
            case .nullity(let certificate): certificate.view
            }
        }
    }

    static let processes = 5
    private let notary: Notary
    private var paper: PaperCommittee { notary.paper }
    private let twin: Int
    /// For each of the first views, the processes of one side, a bit each.
    private let splits: [UInt8]
    private var isHealed = false
    private var voters: [Voter] = []
    private var headers: [BlockID: Header] = [:]
    private var queue: [(from: Int, message: Message)] = []
    private(set) var finals: [(process: Int, block: BlockID)] = []

    init(_ notary: Notary, twin: Int, splits: [UInt8]) {
        self.notary = notary
        self.twin = twin
        self.splits = splits
        for process in 0..<TwinWorld.processes {
            voters.append(
                Voter(
                    context: paper.context, committee: paper.committee, me: validator(process),
                    record: SafetyRecord(startOf: .zero)))
        }
        for process in 0..<TwinWorld.processes {
            take(.started, process)
            take(.released, process)
            take(.demandChanged(true), process)
        }
    }

    private func validator(_ process: Int) -> ValidatorIndex { ValidatorIndex(process == 4 ? twin : process) }

    func isTwin(_ process: Int) -> Bool { process == twin || process == 4 }

    /// Plays the split views to their end, then heals the network and plays on.
    mutating func run() {
        for _ in 0..<splits.count + 1 { playRound() }
        isHealed = true
        for _ in 0..<12 where !isDone { playRound() }
    }

    /// Every honest process has made a block of a healed view final.
    var isDone: Bool {
        (0..<TwinWorld.processes).allSatisfy { process in
            isTwin(process) || voters[process].record.finality?.view.value ?? 0 > UInt64(splits.count)
        }
    }

    /// Everything that can be delivered is; what lacks is said again; then whoever still waits gives its view up.
    private mutating func playRound() {
        drain()
        remind()
        drain()
        let views = voters.map(\.view)
        for process in 0..<TwinWorld.processes where voters[process].view == views[process] {
            take(.deadlinePassed(views[process]), process)
        }
        drain()
    }

    private mutating func drain() {
        var next = 0
        while next < queue.count {
            let (from, message) = queue[next]
            next += 1
            for to in 0..<TwinWorld.processes where to != from && passes(message.view, from, to) { hand(message, to) }
        }
        queue = []
    }

    private func passes(_ view: View, _ from: Int, _ to: Int) -> Bool {
        guard !isHealed, view.value >= 1, view.value <= UInt64(splits.count) else { return true }
        let split = splits[Int(view.value) - 1]
        return (split >> UInt8(from)) & 1 == (split >> UInt8(to)) & 1
    }

    private mutating func remind() {
        for from in 0..<TwinWorld.processes {
            for to in 0..<TwinWorld.processes where to != from && passes(voters[to].view, from, to) {
                let peer = voters[to]
                let finality = peer.record.finality?.view ?? .zero
                for reminder in voters[from].reminders(forPeerIn: peer.view, finality: finality, isOld: true) {
                    let message = TwinWorld.message(reminder)
                    if passes(message.view, from, to) { hand(message, to) }
                }
            }
        }
    }

    private static func message(_ reminder: Voter.Reminder) -> Message {
        switch reminder {
        case .entry(.quorum(let certificate)), .finality(let certificate): .certificate(certificate)
        case .entry(.nullity(let certificate)): .nullity(certificate)
        case .entry(.epochStart): preconditionFailure("nobody needs to be shown the way into view 1")
        case .proposal(let proposal): .proposal(proposal)
        case .ballot(let ballot, let base): .ballot(ballot, base)
        }
    }

    private mutating func hand(_ message: Message, _ to: Int) {
        switch message {
        case .ballot(let ballot, let base):
            if let good = notary.verified(ballot) { take(.ballotReceived(good, base: notary.verified(base)), to) }
        case .proposal(let proposal):
            if let good = paper.verified(proposal) { take(.proposalReceived(good), to) }
        case .certificate(let certificate):
            if let good = notary.verified(certificate) { take(.certificateReceived(good), to) }
        case .nullity(let certificate):
            if let good = paper.verified(certificate) { take(.nullityReceived(good), to) }
        }
    }

    private mutating func take(_ event: Voter.Event, _ process: Int) {
        var inbox: [Voter.Event] = []
        for effect in voters[process].step(event) {
            switch effect {
            case .persist, .arm, .accuse: break
            case .sign(let statement, let view):
                if let own = notary.ballot(statement, view, by: validator(process)) {
                    inbox.append(.ballotReceived(own, base: nil))
                }
            case .signProposal(let header, let entry, let finality):
                if let own = paper.verified(paper.proposal(header, entry, finality)) {
                    inbox.append(.proposalReceived(own))
                }
            case .broadcast(let ballot, let base): queue.append((process, .ballot(ballot, base)))
            case .broadcastProposal(let proposal): queue.append((process, .proposal(proposal)))
            case .judge(let proposal): inbox.append(.judged(proposal.header.id, valid: true))
            case .finalized(let certificate): finals.append((process, certificate.block))
            }
        }
        for event in inbox { take(event, process) }
        // Proposals cost no time here: without an end the healed world would never fall silent.
        if voters[process].mayPropose, voters[process].view.value <= UInt64(splits.count) + 4 { draft(process) }
    }

    private mutating func draft(_ process: Int) {
        let parent = voters[process].justification.parent?.block
        let height = parent.flatMap { headers[$0]?.height } ?? .zero
        // Each copy's block differs from the other's.
        let header = paper.header(voters[process].view, height.next, on: parent, salt: UInt64(process))
        headers[header.id] = header
        take(.drafted(header), process)
    }

    /// True where `ancestor` is `block` or lies below it.
    func isOnBranch(_ ancestor: BlockID, of block: BlockID) -> Bool {
        var next = block
        while next != ancestor {
            guard let header = headers[next] else { return false }
            next = header.parent
        }
        return true
    }
}

@Suite struct TwinsTests {
    /// Sides of a split are the same with names exchanged, so process 0 is always on the side of the zeros.
    private static let splits: [UInt8] = (0..<16).map { $0 << 1 }

    /// The two copies are the same code with one key, so exchanging them in all views gives the same world.
    private func isCanonical(_ splits: [UInt8], twin: Int) -> Bool {
        let exchanged = splits.map { split -> UInt8 in
            let (first, second) = ((split >> UInt8(twin)) & 1, (split >> 4) & 1)
            var other = split & ~(1 << UInt8(twin)) & ~(1 << 4)
            other |= second << UInt8(twin) | first << 4
            return other & 1 == 0 ? other : ~other & 0b1_1111
        }
        return !exchanged.lexicographicallyPrecedes(splits)
    }

    @Test(
        "no schedule of splits over three views makes a validator with two bodies fork the others, nor stops them",
        arguments: 0..<4)
    func everySchedule(twin: Int) {
        let notary = Notary()
        var worlds = 0
        var silent = 0
        for first in TwinsTests.splits {
            for second in TwinsTests.splits {
                for third in TwinsTests.splits where isCanonical([first, second, third], twin: twin) {
                    var world = TwinWorld(notary, twin: twin, splits: [first, second, third])
                    world.run()
                    worlds += 1
                    notary.tidy()
                    if !isSafe(world) { Issue.record("fork: twin \(twin), splits \([first, second, third])") }
                    if !world.isDone { silent += 1 }
                }
            }
        }
        #expect(worlds > 2_000, "all schedules up to symmetry were played: \(worlds)")
        #expect(silent == 0, "once healed every honest validator finalizes: \(silent) of \(worlds) worlds did not")
    }

    private func isSafe(_ world: TwinWorld) -> Bool {
        let finals = world.finals.filter { !world.isTwin($0.process) }.map(\.block)
        for (place, block) in finals.enumerated() {
            for other in finals[..<place]
            where !world.isOnBranch(other, of: block) && !world.isOnBranch(block, of: other) {
                return false
            }
        }
        return true
    }
}
