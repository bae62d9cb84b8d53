// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import Replication
import ShangMi
import Testing

/// EXEC-9: a block's gas is bounded by what its bytes say, before anybody executes it.
@Suite struct GasBoundTests {
    @Test("a block that could use more gas than one may is invalid, and the chain goes on without it (EXEC-9, CONS-15)")
    func tooDear() throws {
        var network = try PocketNetwork(validators: 4)
        let replica = network.nodes[0].replica
        let context = replica.votingContext
        let liar = network.nodes[1].key
        let place = try #require(replica.committee.index(of: liar))
        let chain = network.spec.id
        let calls = (0..<101).map { salt in
            let body = Transaction(
                chain: chain, validFrom: .zero, validUntil: Height(1_000), contract: GovernanceContract.contract,
                method: GovernanceContract.approve, arguments: [], salt: UInt64(salt), sender: PocketNetwork.member)
            let message = Transaction.signedMessage(body.id)
            return SignedTransaction(body, signature: PaperScheme.sign(message, by: PocketNetwork.member))
        }
        let dear = Payload(calls)
        #expect(!dear.fitsItsGas && Payload(Array(calls.dropLast())).fitsItsGas)
        let twisted = { (header: Header) in
            Header(
                chain: chain, epoch: header.epoch, view: header.view, height: header.height, parent: header.parent,
                timestamp: header.timestamp, proposer: place, payload: dear, execHeight: header.execHeight,
                execRoot: header.execRoot, nextCommittee: header.nextCommittee)
        }
        network.lie = { from, _, message in
            switch message {
            case .proposal(let proposal) where from == 1 && proposal.header.proposer == place:
                let header = twisted(proposal.header)
                return .proposal(
                    Proposal(
                        header: header, entry: proposal.entry, finality: proposal.finality,
                        signature: PaperScheme.sign(context.signedProposal(header.id), by: liar)))
            case .body(let block) where from == 1 && block.header.proposer == place:
                return Block(header: twisted(block.header), payload: dear).map { .body($0) }
            default: return message
            }
        }
        for number in 0..<12 {
            try network.submit(deposits: number..<number + 1, at: 0)
            try network.run(millis: 300)
        }
        try network.run(millis: 5_000)
        for index in [0, 2, 3] {
            let isSeen = network.nodes[index].observations.contains {
                if case .rejected(_, .gas) = $0 { true } else { false }
            }
            #expect(isSeen, "node \(index)")
            #expect(try network.has(11, index))
        }
    }
}
