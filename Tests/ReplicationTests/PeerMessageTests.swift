// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi
import Storage
import Testing

/// What peers may say, in bytes, and what is refused before or after its signatures are looked at.
@Suite struct PeerMessageTests {
    /// Everything four nodes said to each other while blocks, a late body, a crash and a new committee came by.
    private static func conversation() throws -> (messages: [PeerMessage], network: PocketNetwork) {
        final class Recorder: @unchecked Sendable {  // SAFETY: used by one thread of one test.
            var messages: [PeerMessage] = []
        }
        let recorder = Recorder()
        var network = try PocketNetwork(validators: 4, observers: 1)
        network.passes = { from, to, message in
            recorder.messages.append(message)
            // Number 3 never gets a body unasked.
            if case .body = message { return to != 3 || recorder.messages.count % 2 == 0 }
            // Nor does it hear others give a view up: it has to be shown the way.
            if case .ballot(let ballot, _) = message, case .nullify = ballot.statement { return to != 3 }
            return true
        }
        for number in 0..<6 {
            try network.submit([network.deposit(number)], at: number % 4)
            try network.run(millis: 400)
        }
        network.stop(2)
        try network.submit([network.deposit(10)], at: 0)
        try network.run(millis: 4_000)
        network.loseRing(of: 2)
        try network.start(2)
        try network.submit([network.deposit(11)], at: 1)
        try network.run(millis: 6_000)
        return (recorder.messages, network)
    }

    private func kind(_ message: PeerMessage) -> UInt8 { message.encoded[0] }

    @Test("each message has one form in bytes, and a changed, cut or longer one is another or none (PEER-1, PEER-3)")
    func bytes() throws {
        let (messages, _) = try PeerMessageTests.conversation()
        var seen: Set<UInt8> = []
        var random = SeededRandom(seed: 5)
        for message in messages {
            let bytes = message.encoded
            guard seen.insert(kind(message)).inserted || random.below(40) == 0 else { continue }
            #expect(try PeerMessage(decoding: bytes) == message)
            #expect(throws: DecodeError.self) { try PeerMessage(decoding: bytes + [0]) }
            for _ in 0..<40 {
                let cut = random.below(bytes.count)
                #expect(throws: DecodeError.self) { try PeerMessage(decoding: Array(bytes[..<cut])) }
                var changed = bytes
                changed[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
                let other = try? PeerMessage(decoding: changed)
                #expect(other != message && (other == nil || other?.encoded == changed))
            }
        }
        // Votes, proposals, payloads, requests and answers of catching up, and of a lost record, all came by.
        let expected: Set<UInt8> = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13]
        #expect(seen.isSuperset(of: expected), "kinds seen: \(seen.sorted())")
    }

    @Test("no message is longer than 8 MiB, nor one that must not wait longer than 256 KiB (PEER-2)")
    func sizes() {
        for (tag, limit) in [
            (6, 8 << 20), (9, 8 << 20), (15, 8 << 20), (3, 256 << 10), (1, 256 << 10), (99, 256 << 10),
        ] {
            let bytes = [UInt8(tag)] + [UInt8](repeating: 0, count: limit)
            #expect(throws: MessageRefusal.oversized) { try PeerMessage.decode(bytes).get() }
            #expect(throws: MessageRefusal.malformed) { try PeerMessage.decode(Array(bytes.dropLast())).get() }
        }
        #expect(throws: MessageRefusal.malformed) { try PeerMessage.decode([]).get() }
    }

    @Test("what cannot matter is refused before a signature is checked, by its cause (PEER-4)")
    func gate() throws {
        let (messages, network) = try PeerMessageTests.conversation()
        let replica = network.nodes[0].replica
        let peer = PeerID(network.nodes[1].key)
        var old: Set<UInt8> = []
        for message in messages {
            switch message {
            case .ballot, .proposal, .certificate, .nullity:
                guard let refusal = replica.verdict(on: message, from: peer) else { continue }
                #expect(refusal == .stale)
                old.insert(kind(message))
            default: continue
            }
        }
        #expect(old == [2, 3, 4, 5], "of each kind one that is left behind was refused")
        let far = View(replica.view.value + 9)
        let signature = PaperScheme.sign([], by: network.nodes[1].key)
        func ballot(epoch: UInt64, view: View, signer: Int) -> PeerMessage {
            .ballot(
                Ballot(
                    epoch: Epoch(epoch), view: view, statement: .nullify(level: .zero), signer: ValidatorIndex(signer),
                    signature: signature), base: nil)
        }
        #expect(replica.verdict(on: ballot(epoch: 0, view: far, signer: 1), from: peer) == .farAhead)
        #expect(replica.verdict(on: ballot(epoch: 1, view: replica.view, signer: 1), from: peer) == .otherEpoch)
        #expect(replica.verdict(on: ballot(epoch: 0, view: replica.view, signer: 9), from: peer) == .stranger)
        #expect(replica.verdict(on: ballot(epoch: 0, view: replica.view, signer: 1), from: peer) == nil)
        let block = try #require(try BlockStore(network.nodes[0].store).block(at: Height(1)))
        #expect(replica.verdict(on: .body(block), from: peer) == .unwanted)
        let report = ReturnReport(epoch: .zero, instance: 0, view: View(1), entry: .epochStart, isClosing: false)
        #expect(replica.verdict(on: .returnReport(report), from: peer) == .unwanted)
        let stranger = PeerID(network.nodes[4].key)
        #expect(replica.verdict(on: .returnRequest(.zero, instance: 1), from: stranger) == .stranger)
    }

    @Test("a signature, a certificate or a report that does not hold is refused by its name (PEER-5, CONS-8)")
    func signatures() throws {
        let (messages, network) = try PeerMessageTests.conversation()
        let replica = network.nodes[0].replica
        var checker = MessageChecker(PaperScheme(), spec: network.spec)
        func verdict(_ message: PeerMessage, _ committee: Committee) -> MessageRefusal? {
            let context = VotingContext(
                chain: replica.votingContext.chain, epoch: committee.epoch, committee: committee.id)
            if case .failure(let refusal) = checker.check(message, in: context, committee: committee) {
                return refusal
            }
            return nil
        }
        let keys = network.nodes.map(\.key)
        let others = PocketNetwork.committee([keys[1], keys[0], keys[3], keys[2]])
        let next = PocketNetwork.committee(Array(keys.prefix(4)), epoch: 1)
        var refused: [UInt8: Set<MessageRefusal>] = [:]
        for message in messages {
            switch message {
            case .ballot, .proposal, .certificate, .nullity, .returnReport, .blocks:
                #expect(verdict(message, replica.committee) == nil, "what honest nodes say is good")
                for committee in [others, next] {
                    if case .returnReport(let report) = message, report.entry == .epochStart { continue }
                    let refusal = try #require(verdict(message, committee), "in no other committee is it")
                    refused[kind(message), default: []].insert(refusal)
                }
            default: continue
            }
        }
        #expect(refused[3] == [.badSignature, .otherEpoch])
        #expect(refused[4] == [.badCertificate, .otherEpoch])
        #expect(refused[5] == [.badCertificate, .otherEpoch])
        #expect(refused[11] == [.badCertificate, .otherEpoch])
    }

    @Test("a body with a transaction its sender did not sign makes its block invalid, not its messenger (PEER-6)")
    func brokenBody() throws {
        var network = try PocketNetwork(validators: 4)
        try network.submit([network.deposit(0)], at: 0)
        try network.run(millis: 2_000)
        let good = try #require(
            try BlockStore(network.nodes[0].store).block(at: Height(1)).map { $0.header.height }.flatMap { height in
                try (height.value...network.nodes[0].replica.finalHeight.value).lazy
                    .compactMap { try BlockStore(network.nodes[0].store).block(at: Height($0)) }
                    .first { !$0.payload.transactions.isEmpty }
            })
        let transaction = good.payload.transactions[0]
        let forged = SignedTransaction(
            transaction.body, signature: PaperScheme.sign([1], by: transaction.body.sender))
        let payload = Payload([forged])
        let header = Header(
            chain: good.header.chain, epoch: good.header.epoch, view: good.header.view, height: good.header.height,
            parent: good.header.parent, timestamp: good.header.timestamp, proposer: good.header.proposer,
            payload: payload, execHeight: good.header.execHeight, execRoot: good.header.execRoot, nextCommittee: nil)
        let block = try #require(Block(header: header, payload: payload))
        var checker = MessageChecker(PaperScheme(), spec: network.spec)
        let replica = network.nodes[0].replica
        let checked = try checker.check(.body(block), in: replica.votingContext, committee: replica.committee).get()
        guard case .brokenBody(let header) = checked.content else {
            Issue.record("an unsigned transaction was taken for a signed one")
            return
        }
        #expect(header.id == block.id)
    }
}
