// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
package import Ledger
import ShangMi
package import Storage

/// What re-checking a store found.
package struct AuditReport: Hashable, Sendable {
    package private(set) var heights: UInt64 = 0
    package private(set) var transactions: UInt64 = 0
    package private(set) var signatures: UInt64 = 0
    package private(set) var stateNodes: UInt64 = 0
    /// The first thing that is not as it must be; nil where all is well.
    package private(set) var fault: String?

    mutating func count(transactions: Int, signatures: Int) {
        heights += 1
        self.transactions += UInt64(transactions)
        self.signatures += UInt64(signatures)
    }

    mutating func count(signatures: Int) { self.signatures += UInt64(signatures) }

    mutating func count(stateNodes: UInt64) { self.stateNodes = stateNodes }

    mutating func fail(_ what: String) { if fault == nil { fault = what } }
}

/// Re-checks everything a chain's store holds, from genesis up, trusting nothing but the specification.
///
/// Of blocks that have left the store for the archive all is checked but their transactions' signatures.
/// A store that began with a snapshot is checked from there on, and the snapshot's proof from the founding committee.
/// Every header's place in the chain and its certificate, every payload against its header, every
/// transaction's signature, every outcome against its receipts root, the history against what headers attest,
/// every index entry of a transaction, every handover from one committee to the next, and every node of the state
/// tree.
/// - Spec: DATA-8, DATA-9, DATA-11, ARCH-7.
package struct ChainAudit<Store: KeyValueStore, Scheme: SignatureScheme> {
    private let blocks: BlockStore<Store>
    private let spec: ChainSpec
    /// The committee of the epoch the audit has come to; it signs under `context`.
    private var committee: Committee
    private var context: VotingContext
    /// The committee in force after the newest executed height seen so far.
    private var inForce: CommitteeID
    private var checker: SignatureChecker<Scheme>
    private var history = History()
    /// Roots of the history from the base on, and the height of the first.
    private var roots: [Digest] = []
    private var base = Height.zero
    /// Up to here blocks have left the store; never above what is executed.
    private var horizon = Height.zero
    private var report = AuditReport()

    package init(_ store: Store, spec: ChainSpec, scheme: Scheme) {
        blocks = BlockStore(store)
        self.spec = spec
        committee = spec.committee
        context = VotingContext(chain: spec.id, epoch: committee.epoch, committee: committee.id)
        inForce = committee.id
        checker = SignatureChecker(scheme)
    }

    /// - Parameter progress: called after each height with the height and the last one; false stops the
    ///   audit.
    /// - Cost: one signature check a transaction and a vote, and every byte read once.
    package mutating func run(
        progress: (_ height: Height, _ last: Height) -> Bool
    ) throws(StoreError) -> AuditReport {
        guard let executed = try blocks.executedTip() else {
            report.fail("the executed tip is missing")
            return report
        }
        let last = try blocks.finalTip()?.header.height ?? .zero
        guard executed.height <= last else {
            report.fail("the executed tip \(executed.height.value) lies above the final tip \(last.value)")
            return report
        }
        horizon = try blocks.horizon() ?? .zero
        guard horizon <= executed.height else {
            report.fail("blocks up to \(horizon.value) have left, above the executed tip \(executed.height.value)")
            return report
        }
        guard var parent = try begin(executed) else { return report }
        var height = parent.height.next
        while report.fault == nil, height <= last {
            guard let header = try check(height, on: parent, executed: executed) else { break }
            parent = header
            if !progress(height, last) { return report }
            height = height.next
        }
        if report.fault == nil, history != executed.history {
            report.fail("the history is not that of the executed tip")
        }
        if report.fault == nil { try checkEnd(parent) }
        if report.fault == nil { try checkState(executed) }
        return report
    }

    /// Checks what the store begins with: genesis, or a snapshot.
    /// - Returns: the block the first one checked stands on; nil where something is wrong.
    private mutating func begin(_ executed: ExecutedTip) throws(StoreError) -> Header? {
        guard let offer = try blocks.base() else {
            try checkHeightRecord(of: spec.genesis, ids: [], executed: executed)
            return spec.genesis
        }
        guard let checked = try? checker.check(offer, of: spec.id, foundedBy: spec.committee),
            let before = History(before: offer.path)
        else { return fail("the snapshot this store began with is not one the founding committee leads to") }
        let name = "block \(offer.height.value), which this store began with,"
        let record = FinalRecord(header: offer.header, certificate: offer.certificate, entry: nil)
        guard offer.height <= executed.height, try blocks.finalRecord(at: offer.height) == record else {
            return fail("\(name) is not the stored one")
        }
        for proof in offer.handoversSoFar where try blocks.handover(ending: proof.closing.epoch) != proof {
            return fail("the handover that ends epoch \(proof.closing.epoch.value) is not the snapshot's")
        }
        report.count(
            signatures: (offer.handovers.map(\.certificate) + [offer.certificate]).reduce(0) {
                $0 + $1.signatures.count
            })
        history = before
        _ = history.append(offer.leaf.digest)
        guard try blocks.history(upTo: offer.height, executed: executed) == history else {
            return fail("the history below \(name) is not the snapshot's")
        }
        (base, roots) = (offer.height, [history.root])
        committee = checked.committee
        context = VotingContext(chain: spec.id, epoch: committee.epoch, committee: committee.id)
        inForce = committee.id
        return offer.header
    }

    private mutating func check(
        _ height: Height, on parent: Header, executed: ExecutedTip
    ) throws(StoreError) -> Header? {
        let name = "block \(height.value)"
        guard let record = try blocks.finalRecord(at: height) else { return fail("\(name) is missing") }
        let header = record.header
        guard header.height == height, header.parent == parent.id, header.chain == spec.id,
            header.timestamp > parent.timestamp
        else { return fail("\(name) does not stand on block \(parent.height.value)") }
        guard checkEpoch(of: header, on: parent), checkCertificate(of: record) else { return nil }
        // What the first blocks after a snapshot attest lies below it, and only the snapshot's own proof tells of that.
        if header.execHeight >= base {
            let place = Int(exactly: header.execHeight.value - base.value)
            guard place.map({ $0 < roots.count && roots[$0] == header.execRoot }) == true else {
                return fail("\(name) attests another history than the stored one")
            }
        }
        guard let ids = try transactions(of: header) else { return nil }
        report.count(transactions: ids.count, signatures: ids.count + record.certificate.signatures.count)
        if height <= executed.height {
            try checkHeightRecord(of: header, ids: ids, executed: executed)
            inForce = header.nextCommittee ?? committee.id
        }
        if header.nextCommittee != nil { try follow(header) }
        return header
    }

    /// The names of a block's transactions: from its body, which is checked, or from what is left of it, which the
    /// receipts' root then bears out (ARCH-7).
    private mutating func transactions(of header: Header) throws(StoreError) -> [TransactionID]? {
        let (height, name) = (header.height, "block \(header.height.value)")
        if height <= horizon {
            guard let remains = try blocks.remains(at: height) else {
                report.fail("\(name) has left the store, and what should be left of it is missing")
                return nil
            }
            guard UInt64(remains.entries.count) == header.transactionCount else {
                report.fail("what is left of \(name) is another block's")
                return nil
            }
            return remains.entries.map(\.id)
        }
        guard let block = try blocks.block(at: height, header.id) else {
            report.fail("the body of \(name) is missing")
            return nil
        }
        let verified = checker.check(block.payload.transactions)
        let ids = verified.compactMap { $0?.id }
        guard ids.count == verified.count else {
            report.fail("a transaction of \(name) is not signed by its sender")
            return nil
        }
        return ids
    }

    /// Every block is of the epoch the chain has come to; views rise within one, and its first block attests the
    /// one that closed the epoch before.
    private mutating func checkEpoch(of header: Header, on parent: Header) -> Bool {
        let name = "block \(header.height.value)"
        guard header.epoch == committee.epoch else {
            report.fail("\(name) is of epoch \(header.epoch.value), not \(committee.epoch.value)")
            return false
        }
        let isFirst = header.epoch != parent.epoch
        guard header.view > (isFirst ? .zero : parent.view) else {
            report.fail("\(name) is of view \(header.view.value), which is no later one than its parent's")
            return false
        }
        guard !isFirst || header.execHeight >= parent.height else {
            report.fail("\(name) is the first of its epoch and does not attest block \(parent.height.value)")
            return false
        }
        return true
    }

    /// A block's certificate is its own, or that of a later block which then stands on it.
    private mutating func checkCertificate(of record: FinalRecord) -> Bool {
        let (header, certificate) = (record.header, record.certificate)
        let isOwn = certificate.block == header.id
        guard certificate.kind == .finality, isOwn ? certificate.view == header.view : certificate.view > header.view,
            (try? checker.check(certificate, in: context, committee: committee)) != nil
        else {
            report.fail("the certificate of block \(header.height.value) does not hold")
            return false
        }
        return true
    }

    /// Goes on with the committee that a closing block hands over to.
    private mutating func follow(_ closing: Header) throws(StoreError) {
        let name = "the handover that ends epoch \(committee.epoch.value)"
        guard let proof = try blocks.handover(ending: committee.epoch) else { return report.fail("\(name) is missing") }
        guard proof.closing == closing else {
            return report.fail("\(name) is not about block \(closing.height.value)")
        }
        guard proof.committee.id == closing.nextCommittee, proof.committee.epoch == committee.epoch.advanced(by: 1)
        else { return report.fail("\(name) leads to another committee than block \(closing.height.value) does") }
        do {
            _ = try checker.check(proof, in: context, committee: committee)
        } catch .inconsistent {
            return report.fail("\(name) does not lead to the block its certificate is about")
        } catch {
            return report.fail("\(name) is not signed by a quorum of that epoch's committee")
        }
        report.count(signatures: proof.certificate.signatures.count)
        committee = proof.committee
        context = VotingContext(chain: spec.id, epoch: committee.epoch, committee: committee.id)
    }

    /// No epoch after the last may have been promised. The block that a last certificate is about may be on its way: a
    /// closing block is appended only when its committee has been computed.
    private mutating func checkEnd(_ last: Header) throws(StoreError) {
        if let newest = try blocks.newestHandover(), newest.closing.epoch >= committee.epoch {
            report.fail("the handover that ends epoch \(newest.closing.epoch.value) is stored, and no block closes it")
        }
    }

    private mutating func checkHeightRecord(
        of header: Header, ids: [TransactionID], executed: ExecutedTip
    ) throws(StoreError) {
        let name = "height \(header.height.value)"
        guard let record = try blocks.heightRecord(at: header.height) else {
            return report.fail("the outcomes of \(name) are missing")
        }
        let leaf = record.leaf
        guard leaf.height == header.height, leaf.block == header.id, leaf.payloadRoot == header.payloadRoot,
            record.outcomes.count == ids.count
        else { return report.fail("the outcomes of \(name) are those of another block") }
        let receipts = BlockExecutor.receipts(record.outcomes, ids: ids, height: header.height)
        let receiptsRoot = MerkleTree.root(of: MerkleTree.leafDigests(receipts.map(\.encoded)))
        guard receiptsRoot == leaf.receiptsRoot else {
            return report.fail("the receipts of \(name) are not the attested ones")
        }
        for node in history.append(leaf.digest) {
            guard try blocks.historyNode(level: node.level, index: node.index) == node.digest else {
                return report.fail("the history at \(name), level \(node.level), is not what its leaves make")
            }
        }
        roots.append(history.root)
        for (index, id) in ids.enumerated() {
            guard try blocks.place(of: id) == EvidenceNumber(height: header.height, index: UInt64(index))
            else {
                return report.fail("transaction \(id.hex) of \(name) is not indexed at its place")
            }
        }
    }

    private mutating func checkState(_ executed: ExecutedTip) throws(StoreError) {
        let tree = try StateTree(store: blocks.store, keyspace: BlockStore<Store>.stateKeyspace)
        guard tree.version == StateVersion.of(executed.height), tree.root == executed.leaf.stateRoot else {
            return report.fail("the state tree is not that of height \(executed.height.value)")
        }
        let audit = try tree.check(version: tree.version) { _ in true }
        report.count(stateNodes: audit.nodeCount)
        if let fault = audit.fault { return report.fail("the state tree at \(fault.place): \(fault.what)") }
        let active = try tree.value(for: CommitteeContract.activeStateKey)
        guard let active, (try? Committee(decoding: active))?.id == inForce else {
            return report.fail("the committee in the state is not the one in force")
        }
        guard try tree.value(for: CommitteeContract.pendingStateKey) == executed.pending?.encoded else {
            return report.fail("the pending committee in the state is not that of the executed tip")
        }
    }

    private mutating func fail(_ what: String) -> Header? {
        report.fail(what)
        return nil
    }
}
