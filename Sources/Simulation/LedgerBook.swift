// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Execution
import Ledger
import Replication
import ShangMi
import Storage

/// The one chain of a world, as its honest nodes tell it: whoever comes first writes, all others must agree.
///
/// - Spec: A1 (one block a height), A8 (one result a height), A9 (one committee an epoch).
struct LedgerBook {
    private let spec: ChainSpec
    private var chain: [(header: Header, id: BlockID)] = []
    private var roots: [Height: Digest] = [:]
    private var places: [TransactionID: EvidenceNumber] = [:]
    private var epochs: [(epoch: Epoch, from: Height, committee: CommitteeID, faultsMax: Int)] = []
    private var executed = Height.zero
    private var rejected: [(block: BlockID, flaw: BlockFlaw)] = []
    private var final: Set<BlockID> = []
    private var checker: SignatureChecker<SimulatedScheme>

    init(_ spec: ChainSpec, isReal: Bool) {
        self.spec = spec
        checker = SignatureChecker(SimulatedScheme(isReal: isReal))
    }

    var height: Height { chain.last?.header.height ?? .zero }
    var tip: Header { chain.last?.header ?? spec.genesis }
    /// The block that closed the last epoch, nil in the founding one.
    var newestClosing: Header? { epochs.last?.from.previous.flatMap { header(at: $0) } }

    var epochBegin: Height { epochs.last?.from ?? Height(1) }
    /// Where the newest epoch stands: what a proposal without any notarization extends.
    var epochParent: BlockID {
        guard let from = epochs.last?.from, let below = from.previous else { return spec.genesis.id }
        return header(at: below)?.id ?? spec.genesis.id
    }
    /// The highest height anybody has executed.
    var executedHeight: Height { executed }

    func wasExecuted(_ height: Height) -> Bool { roots[height] != nil }
    func isNext(_ height: Height) -> Bool { height.value == UInt64(chain.count) + 1 }
    func isFinal(_ block: BlockID) -> Bool { final.contains(block) }
    func place(of id: TransactionID) -> EvidenceNumber? { places[id] }
    func header(at height: Height) -> Header? {
        height == .zero || height.value > UInt64(chain.count) ? nil : chain[Int(height.value) - 1].header
    }

    mutating func append(_ header: Header, _ id: BlockID, by slot: Int) -> String? {
        let height = header.height.value
        if height == 0 || height > UInt64(chain.count) + 1 {
            return "node \(slot) appends height \(height) where \(chain.count + 1) is next"
        }
        if height <= UInt64(chain.count) {
            return chain[Int(height) - 1].id == id ? nil : "node \(slot) has another block at height \(height)"
        }
        let below = tip
        chain.append((header, id))
        final.insert(id)
        if header.parent != below.id { return "block \(height) does not follow block \(height - 1)" }
        if header.timestamp <= below.timestamp { return "time does not rise at block \(height)" }
        if header.execHeight < below.execHeight { return "block \(height) attests less than the one before" }
        if let root = roots[header.execHeight], root != header.execRoot {
            return "block \(height) attests a result nobody computed"
        }
        if let flaw = rejected.first(where: { $0.block == id })?.flaw { return "block \(height) is final and \(flaw)" }
        return nil
    }

    mutating func reject(_ block: BlockID, _ flaw: BlockFlaw) -> String? {
        if final.contains(block) { return "a final block was found invalid: \(flaw)" }
        rejected.append((block, flaw))
        return nil
    }

    mutating func execute(_ block: Block, _ ids: [TransactionID], _ tip: ExecutedTip, by slot: Int) -> String? {
        let height = block.header.height
        guard header(at: height)?.id == block.id else {
            return "node \(slot) executes a block at height \(height.value) that is not final"
        }
        if let root = roots[height] {
            return root == tip.root ? nil : "node \(slot) computed another result at height \(height.value)"
        }
        roots[height] = tip.root
        executed = max(executed, height)
        if let attesting = chain.first(where: { $0.header.execHeight == height }),
            attesting.header.execRoot != tip.root
        {
            return "block \(attesting.header.height.value) attests another result of height \(height.value)"
        }
        return take(block, ids)
    }

    func jump(to tip: ExecutedTip, by slot: Int) -> String? {
        if roots[tip.height] == tip.root { return nil }
        return "node \(slot) goes on from a state of height \(tip.height.value) that nobody honest computed"
    }

    /// Each transaction is good, within its window, and stands in one block only.
    private mutating func take(_ block: Block, _ ids: [TransactionID]) -> String? {
        let height = block.header.height
        guard block.payload.fitsItsGas else { return "block \(height.value) holds more gas than a block may" }
        for (index, transaction) in block.payload.transactions.enumerated() {
            let body = transaction.body
            let place = EvidenceNumber(height: height, index: UInt64(index))
            if places.updateValue(place, forKey: ids[index]) != nil {
                return "a transaction of block \(height.value) was final before"
            }
            guard body.validFrom <= height, height <= body.validUntil, body.chain == spec.id else {
                return "a transaction of block \(height.value) is outside its window or chain"
            }
            if !Mutant.signaturesUnchecked.isOn, checker.check([transaction])[0] == nil {
                return "a transaction of block \(height.value) is not signed by its sender"
            }
            // The oracle's own eyes stay open where everybody else's are shut.
            let message = Transaction.signedMessage(ids[index])
            if Mutant.signaturesUnchecked.isOn,
                KeyedHash.signature(message, under: KeyedHash.secret(of: body.sender)) != transaction.signature
            {
                return "a transaction of block \(height.value) is not signed by its sender"
            }
        }
        return nil
    }

    /// f of the committee in force in an epoch: committees grow and shrink.
    func faultsMax(in epoch: Epoch) -> Int {
        epochs.first { $0.epoch == epoch }?.faultsMax ?? spec.committee.faultsMax
    }

    mutating func begin(_ epoch: Epoch, from height: Height, _ committee: Committee, by slot: Int) -> String? {
        if let known = epochs.first(where: { $0.epoch == epoch }) {
            let isSame = known.from == height && known.committee == committee.id
            return isSame ? nil : "node \(slot) begins epoch \(epoch.value) elsewhere or with another committee"
        }
        epochs.append((epoch, height, committee.id, committee.faultsMax))
        let closing = height.previous.flatMap { header(at: $0) }
        if closing?.nextCommittee != committee.id {
            return "epoch \(epoch.value) begins with a committee its closing block does not name"
        }
        return nil
    }
}
