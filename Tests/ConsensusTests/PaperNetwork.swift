// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import ShangMi
import Testing

/// Four validators, the last of which may lie, and a network that loses, delays and reorders at random.
///
/// It keeps its own account of who signed what, apart from the code it judges.
struct PaperNetwork {
    enum Message { case ballot(Ballot, QuorumCertificate?), proposal(Proposal) }
    private struct Said { let view: View, statement: Statement }

    private let paper = PaperCommittee(4)
    private var random: SeededRandom
    private var voters: [Voter] = []
    private var disks: [SafetyRecord] = []
    private var sealed: [[Said]] = [[], [], [], []]
    private var proposed: [[View: BlockID]] = [[:], [:], [:], [:]]
    private var headers: [BlockID: Header] = [:]
    private var pool: [(to: Int, message: Message)] = []
    private var timers: [(to: Int, view: View)] = []
    private(set) var finals: [BlockID] = []
    private let liar: Int?

    init(seed: UInt64, liar: Int?) {
        random = SeededRandom(seed: seed)
        self.liar = liar
        for index in 0..<4 {
            let record = SafetyRecord(startOf: .zero)
            disks.append(record)
            voters.append(voter(index, record))
        }
        for index in 0..<4 { start(index) }
    }

    private func voter(_ index: Int, _ record: SafetyRecord) -> Voter {
        Voter(context: paper.context, committee: paper.committee, me: ValidatorIndex(index), record: record)
    }

    private mutating func start(_ index: Int) {
        take(.started, index)
        // Nobody here ever forgets anything, so nobody has reason to object.
        take(.released, index)
        take(.demandChanged(true), index)
    }

    mutating func run(steps: Int) {
        for _ in 0..<steps {
            switch random.below(100) {
            case 0: crash(random.below(4))
            case 1...6 where !timers.isEmpty:
                let timer = timers.remove(at: random.below(timers.count))
                take(.deadlinePassed(timer.view), timer.to)
            case 7 where liar != nil: lie()
            default: deliver()
            }
        }
    }

    private mutating func crash(_ index: Int) {
        voters[index] = voter(index, disks[index])
        start(index)
    }

    private mutating func deliver() {
        guard !pool.isEmpty else { return }
        let place = random.below(pool.count)
        let (to, message) = pool[place]
        // Now and then a message arrives twice, or never.
        if random.below(10) > 0 { pool.swapAt(place, pool.count - 1); pool.removeLast() }
        if random.below(20) == 0 { return }
        hand(message, to)
    }

    private mutating func hand(_ message: Message, _ to: Int) {
        switch message {
        case .ballot(let ballot, let base):
            guard let verified = paper.verified(ballot) else { return }
            take(.ballotReceived(verified, base: paper.verified(base)), to)
        case .proposal(let proposal):
            guard let verified = paper.verified(proposal) else {
                return #expect(Bool(false), "a bad proposal")
            }
            take(.proposalReceived(verified), to)
        }
    }

    private mutating func take(_ event: Voter.Event, _ index: Int) {
        var inbox: [Message] = []
        var verdicts: [BlockID] = []
        for effect in voters[index].step(event) {
            switch effect {
            case .persist(let record): disks[index] = record
            case .sign(let statement, let view):
                note(statement, view, index)
                inbox.append(.ballot(paper.ballot(statement, view, by: ValidatorIndex(index)), nil))
            case .signProposal(let header, let entry, let finality):
                if index != liar {
                    #expect(
                        disks[index].proposed == header && disks[index].entry == entry, "CONS-12, CONS-13")
                    let earlier = proposed[index].updateValue(header.id, forKey: header.view)
                    #expect(earlier == nil || earlier == header.id, "CONS-13")
                }
                inbox.append(.proposal(paper.proposal(header, entry, finality)))
            case .broadcast(let ballot, let base): send(.ballot(ballot, base), but: index)
            case .broadcastProposal(let proposal): send(.proposal(proposal), but: index)
            case .judge(let proposal): verdicts.append(proposal.header.id)
            case .finalized(let certificate): finalize(certificate.block)
            case .arm(let view, _): timers.append((index, view))
            case .accuse: #expect(liar != nil, "CONS-19: nobody lied")
            }
        }
        for message in inbox { hand(message, index) }
        for block in verdicts { take(.judged(block, valid: random.below(20) > 0), index) }
        if voters[index].mayPropose { draft(index) }
    }

    private mutating func draft(_ index: Int) {
        let voter = voters[index]
        let parent = voter.justification.parent?.block
        let height = parent.flatMap { headers[$0]?.height } ?? .zero
        let header = paper.header(voter.view, height.next, on: parent, salt: UInt64(random.below(500)))
        headers[header.id] = header
        if index == liar {
            // Two proposals, each to half of the others.
            let second = paper.header(voter.view, height.next, on: parent, salt: 777)
            headers[second.id] = second
            let proposal = paper.proposal(second, voter.justification, voter.record.finality)
            for to in 0..<2 { pool.append((to, .proposal(proposal))) }
        }
        take(.drafted(header), index)
    }

    /// A1: one statement of a kind in a view. A2: no finalization inside a span its signer nullified.
    private mutating func note(_ statement: Statement, _ view: View, _ index: Int) {
        if index == liar { return }
        for said in sealed[index] {
            switch (said.statement, statement) {
            case (.notarize, .notarize), (.finalize, .finalize), (.nullify, .nullify):
                if said.view == view { #expect(said.statement == statement, "CONS-10, CONS-18") }
            case (.finalize, .nullify(let level)):
                #expect(!(level < said.view && said.view <= view), "CONS-1, CONS-11")
            case (.nullify(let level), .finalize):
                #expect(!(level < view && view <= said.view), "CONS-1, CONS-11")
            default: break
            }
        }
        let disk = disks[index]
        switch statement {
        case .notarize(let block): #expect(disk.view == view && disk.notarized == block, "CONS-12")
        case .nullify(let level): #expect(disk.view == view && disk.nullified == level, "CONS-12")
        case .finalize(let block):
            #expect(disk.lastFinalize?.view == view && disk.lastFinalize?.block == block, "CONS-12")
        }
        sealed[index].append(Said(view: view, statement: statement))
    }

    private mutating func send(_ message: Message, but sender: Int) {
        for to in 0..<4 where to != sender { pool.append((to, message)) }
    }

    private mutating func lie() {
        guard let liar,
            let block = headers.keys.sorted().dropFirst(random.below(max(1, headers.count))).first,
            let header = headers[block]
        else { return }
        let base = voters[liar].record.highQC
        let me = ValidatorIndex(liar)
        let statement: Statement =
            switch random.below(3) {
            case 0: .notarize(block)
            case 1: .finalize(block)
            default: .nullify(level: base?.view ?? .zero)
            }
        let view = random.below(8) == 0 ? View(header.view.value + UInt64(random.below(1_000))) : header.view
        send(.ballot(paper.ballot(statement, view, by: me), base), but: liar)
    }

    /// Everything that is final lies on one chain.
    private mutating func finalize(_ block: BlockID) {
        guard !finals.contains(block) else { return }
        for final in finals {
            #expect(isAncestor(final, block) || isAncestor(block, final), "two final branches")
        }
        finals.append(block)
    }

    private func isAncestor(_ ancestor: BlockID, _ block: BlockID) -> Bool {
        var next = block
        while next != ancestor {
            guard let header = headers[next] else { return false }
            next = header.parent
        }
        return true
    }
}

@Suite struct PaperNetworkTests {
    @Test(
        "four validators never finalize two branches nor break a promise, whatever is lost, crashed or a lie",
        arguments: 0..<10)
    func safety(tens: UInt64) {
        var final = 0
        for seed in (tens * 30)..<(tens * 30 + 30) {
            var network = PaperNetwork(seed: seed, liar: seed % 3 == 0 ? nil : 3)
            network.run(steps: 700)
            final += network.finals.count
        }
        #expect(final > 30, "a chain that stands still proves nothing: \(final) blocks in 30 runs")
    }
}
