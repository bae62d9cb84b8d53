// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Foundation
import Ledger
import Replication
import RocksStorage
import ShangMi
import Storage
import Testing
import jiuding

/// The state before a block of the past, made again out of a node's store.
@Suite struct PastChainTests {
    private static let keys: [SM2.PublicKey] = {
        var random = SeededRandom(seed: 61)
        return (0..<5).map { _ in SM2.ThrowAwaySigner(from: &random).publicKey }
    }()
    private static let label = Label(literal: "past")
    private static let height: UInt64 = 30

    /// A store of 30 blocks with a deposit each, which keeps four states behind the tip and those of heights 16 and 24.
    private struct Site {
        let directory = NSTemporaryDirectory() + "jiuding-past-\(UUID().uuidString)"
        /// States by height.
        private(set) var roots: [Digest] = []
        private(set) var ids: [TransactionID] = []

        init() throws {
            let validators = keys.prefix(4).map {
                Validator(key: $0, name: label, organization: label, failureDomain: label)
            }
            let committee = try #require(
                Committee(epoch: .zero, validators: validators, parameters: ConsensusParameters()))
            let spec = try #require(
                ChainSpec(
                    name: label, founded: Timestamp(1), rules: .contracts, committee: committee,
                    members: [
                        Member(key: keys[4], name: label, organization: label, roles: RoleSet(.user, .orgAdmin))
                    ]))
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let store = try RocksStore(path: "\(directory)/store")
            defer { try? store.close() }
            try ExecutionLane.found(spec, in: store)
            let blocks = BlockStore(store)
            let tip = try #require(try blocks.executedTip())
            roots.append(tip.leaf.stateRoot)
            var lane = try ExecutionLane(store, tip: tip, cacheBytes: 1 << 20, versionsKept: 4, snapshotEvery: 8)
            var parent = spec.genesis
            for height in 1...PastChainTests.height {
                let payload = Payload([Site.deposit(height, spec.id)])
                let header = Header(
                    chain: spec.id, epoch: .zero, view: View(height), height: Height(height), parent: parent.id,
                    timestamp: Timestamp(1_000 + height), proposer: ValidatorIndex(0), payload: payload,
                    execHeight: .zero, execRoot: .zero, nextCommittee: nil)
                let block = try #require(Block(header: header, payload: payload))
                try blocks.keep(block)
                let certificate = QuorumCertificate(
                    kind: .finality, view: header.view, block: header.id,
                    signatures: (0..<3).map {
                        QuorumCertificate.Seal(signer: ValidatorIndex($0), signature: SM2.Signature(r: .zero, s: .zero))
                    })
                try blocks.append(
                    [FinalRecord(header: header, certificate: certificate, entry: nil)], durably: true)
                ids += payload.transactions.map(\.id)
                roots.append(try lane.run(block, ids: payload.transactions.map(\.id)).leaf.stateRoot)
                parent = header
            }
        }

        private static func deposit(_ number: UInt64, _ chain: ChainID) -> SignedTransaction {
            let deposit = Deposit(
                businessType: label, title: label, digest: SM3.hash(Array("\(number)".utf8)), size: number,
                mediaType: label, capture: .upload)
            let body = Transaction(
                chain: chain, validFrom: .zero, validUntil: Height(100), contract: Deposit.contract,
                method: Deposit.method, arguments: deposit.encoded, salt: number, sender: keys[4])
            return SignedTransaction(body, signature: SM2.Signature(r: .zero, s: .zero))
        }

        /// Blocks up to a height leave for the archive.
        func archive(upTo last: UInt64) throws {
            let store = try RocksStore(path: "\(directory)/store")
            defer { try? store.close() }
            let blocks = BlockStore(store)
            try blocks.note(
                ArchivedFile(
                    first: Height(1), last: Height(last), name: Label(literal: "past-1.blocks"), digest: SM3.hash([1])))
            while let batch = try blocks.takeOut(upTo: Height(last), bytesMax: 1 << 20) {
                try store.write(batch, durably: true)
            }
        }

        func remove() { try? FileManager.default.removeItem(atPath: directory) }

        /// From which height the state before a block was made, and what it came to; or why it could not be.
        func stand(before height: UInt64) throws -> (from: UInt64, root: Digest) {
            var past = try PastChain(directory: directory, engine: PaperEngine([:]))
            defer { past.close() }
            var reached: [UInt64] = []
            try past.stand(before: Height(height)) { now, _ in reached.append(now) }
            return (reached[0], past.tree.root)
        }

        func refusal(before height: UInt64) -> String {
            do {
                return "from \(try stand(before: height).from)"
            } catch { return (error as? Failure).map { "\($0.code) \($0.sentence)" } ?? "\(error)" }
        }
    }

    @Test("the state before any block is made of the newest one kept below it, or from the founding (KIT-24)")
    func states() throws {
        let site = try Site()
        defer { site.remove() }
        let whence: [UInt64: UInt64] = [
            1: 0, 2: 0, 9: 0, 16: 0, 17: 16, 20: 16, 24: 16, 25: 24, 26: 24, 30: 29, 31: 30,
        ]
        for (height, from) in whence {
            let found = try site.stand(before: height)
            #expect(found.from == from, "before \(height)")
            #expect(found.root == site.roots[Int(height) - 1], "before \(height)")
        }
    }

    @Test(
        "a block that has left for the archive is said to have, with its file, and what needs none of it works (KIT-24)"
    )
    func archived() throws {
        let site = try Site()
        defer { site.remove() }
        try site.archive(upTo: 18)
        let past = try PastChain(directory: site.directory, engine: PaperEngine([:]))
        defer { past.close() }
        let place = try past.place(of: site.ids[11])
        #expect(place.height == Height(12), "where it stood is known")
        let failure = #expect(throws: Failure.self) { try past.block(at: place.height) }
        #expect(failure?.code == "JD-3110")
        #expect(failure?.sentence.contains("block 12, archived in past-1.blocks") == true)
        #expect(try past.block(at: Height(19)).header.height == Height(19))
        // On the way to another: which block is missing, and for what.
        for (height, missing) in [(10, 1), (20, 17)] as [(UInt64, UInt64)] {
            let said = site.refusal(before: height)
            #expect(said.hasPrefix("JD-3110") && said.contains("block \(missing), archived in"), "\(said)")
            #expect(said.contains("before block \(height)"), "\(said)")
        }
        #expect(try site.stand(before: 26).root == site.roots[25], "a kept state above needs none of them")
    }
}
