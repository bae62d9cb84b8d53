// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import ShangMi

/// One thing an honest validator signed.
struct Spoken {
    let slot: Int
    let index: ValidatorIndex
    let epoch: Epoch
    let view: View
    let statement: Statement

    var short: String { "\(statement.short) in view \(view.value)" }
}

extension Statement {
    var short: String {
        switch self {
        case .notarize(let block): "notarize \(block.hex.prefix(8))"
        case .finalize(let block): "finalize \(block.hex.prefix(8))"
        case .nullify(let level): "nullify above \(level.value)"
        }
    }
}

extension Ballot {
    var short: String { "\(statement.short) in view \(view.value)" }
}

/// Everything honest validators ever signed, and what certificates could be made of it if every liar had signed
/// everything.
///
/// - Spec: A2 (no two statements that exclude each other), A5 (no two certificates that could be made contradict).
struct StatementBook {
    /// What was said of one view.
    private struct ViewBook {
        /// What each validator notarized and finalized, and above which level it gave the view up.
        var notarized: [(who: Int, block: BlockID)] = []
        var finalized: [(who: Int, block: BlockID)] = []
        var nullified: [(who: Int, level: View)] = []
    }

    private struct EpochBook {
        let epoch: Epoch
        /// Honest signatures that make a certificate together with all liars'.
        let needed: Int
        var views: [ViewBook] = []
        var notarizations: [(view: Int, block: BlockID)] = []
        var finalities: [(view: Int, block: BlockID)] = []
    }

    /// Views are counted by certificates, so a world cannot get far; a bug could.
    private static let viewsMax = 1 << 20
    private var epochs: [EpochBook] = []
    private var headers: [BlockID: Header] = [:]
    private var proposals: [ProposalPlace: BlockID] = [:]
    private var seen: [Int: [BlockID]] = [:]

    private struct ProposalPlace: Hashable {
        let slot: Int
        let epoch: Epoch
        let view: View
    }

    mutating func note(_ header: Header) { headers[header.id] = header }

    func header(_ id: BlockID) -> Header? { headers[id] }

    /// True where this is the first time a node writes down that it notarizes this block.
    mutating func firstSeen(_ block: BlockID, by slot: Int) -> Bool {
        if seen[slot]?.last == block { return false }
        seen[slot, default: []].append(block)
        return true
    }

    /// Blocks that could be notarized in an epoch and are not among those final.
    func abandoned(_ isFinal: (BlockID) -> Bool) -> Int {
        epochs.reduce(0) { $0 + $1.notarizations.filter { !isFinal($0.block) }.count }
    }

    mutating func propose(_ header: Header, by slot: Int) -> String? {
        let place = ProposalPlace(slot: slot, epoch: header.epoch, view: header.view)
        let id = header.id
        guard let earlier = proposals.updateValue(id, forKey: place), earlier != id else { return nil }
        return "node \(slot) proposes twice in view \(header.view.value) of epoch \(header.epoch.value)"
    }

    /// Takes a statement in; says what it contradicts, if anything.
    mutating func hear(_ spoken: Spoken, _ committee: Committee, dishonest: [SM2.PublicKey]) -> String? {
        let view = Int(spoken.view.value)
        guard view < StatementBook.viewsMax else { return "view \(view) is out of all reason" }
        let place = place(of: spoken.epoch, committee, dishonest)
        while epochs[place].views.count <= view { epochs[place].views.append(ViewBook()) }
        let who = spoken.index.value
        // Told only where something is wrong: nearly all is well, and a text costs more than the look.
        func after(_ what: String) -> String { "node \(spoken.slot) says \(spoken.short) after \(what)" }
        switch spoken.statement {
        case .notarize(let block):
            if let earlier = epochs[place].views[view].notarized.first(where: { $0.who == who }) {
                return earlier.block == block ? nil : after("notarizing another block")
            }
            epochs[place].views[view].notarized.append((who, block))
            return settleNotarization(block, view, place)
        case .finalize(let block):
            if let earlier = epochs[place].views[view].finalized.first(where: { $0.who == who }) {
                return earlier.block == block ? nil : after("finalizing another block")
            }
            if let given = givenUp(view, by: who, place) { return after("giving up view \(given)") }
            epochs[place].views[view].finalized.append((who, block))
            return settleFinality(block, view, place)
        case .nullify(let level):
            if let earlier = epochs[place].views[view].nullified.first(where: { $0.who == who }) {
                return earlier.level == level ? nil : after("nullifying above level \(earlier.level.value)")
            }
            let span = Int(level.value)..<view
            if let kept = span.reversed().first(where: { finalized($0 + 1, by: who, place) }) {
                return after("finalizing view \(kept + 1)")
            }
            epochs[place].views[view].nullified.append((who, level))
            return settleNullity(view, place)
        }
    }

    private mutating func place(of epoch: Epoch, _ committee: Committee, _ dishonest: [SM2.PublicKey]) -> Int {
        if let place = epochs.firstIndex(where: { $0.epoch == epoch }) { return place }
        let liars = committee.validators.filter { dishonest.contains($0.key) }.count
        epochs.append(EpochBook(epoch: epoch, needed: max(1, committee.quorum - liars)))
        return epochs.count - 1
    }

    private func finalized(_ view: Int, by who: Int, _ place: Int) -> Bool {
        view < epochs[place].views.count && epochs[place].views[view].finalized.contains { $0.who == who }
    }

    /// A view whose nullification by a validator covers `view`, if there is one.
    private func givenUp(_ view: Int, by who: Int, _ place: Int) -> Int? {
        (view..<epochs[place].views.count).first { later in
            epochs[place].views[later].nullified.contains { $0.who == who && $0.level.value < view }
        }
    }

    // MARK: Certificates that could be made

    private mutating func settleNotarization(_ block: BlockID, _ view: Int, _ place: Int) -> String? {
        let votes = epochs[place].views[view].notarized.filter { $0.block == block }.count
        guard votes == epochs[place].needed else { return nil }
        epochs[place].notarizations.append((view, block))
        for other in epochs[place].notarizations where other.view == view && other.block != block {
            return "two blocks can be notarized in view \(view)"
        }
        guard let final = epochs[place].finalities.filter({ $0.view <= view }).max(by: { $0.view < $1.view }),
            !isAncestor(final.block, of: block)
        else { return nil }
        return "view \(view) can notarize a block beside the one of view \(final.view), which can be final"
    }

    private mutating func settleFinality(_ block: BlockID, _ view: Int, _ place: Int) -> String? {
        let votes = epochs[place].views[view].finalized.filter { $0.block == block }.count
        guard votes == epochs[place].needed else { return nil }
        epochs[place].finalities.append((view, block))
        for other in epochs[place].notarizations where other.view >= view && !isAncestor(block, of: other.block) {
            return "view \(view) can make a block final beside the one view \(other.view) can notarize"
        }
        let last = epochs[place].views.count
        if let broken = (view..<last).first(where: { canNullify(in: $0, below: view, place) }) {
            return "view \(view) can make a block final, and view \(broken) can skip it"
        }
        return nil
    }

    private func settleNullity(_ view: Int, _ place: Int) -> String? {
        for final in epochs[place].finalities where final.view <= view {
            if canNullify(in: view, below: final.view, place) {
                return "view \(view) can skip view \(final.view), whose block can be final"
            }
        }
        return nil
    }

    private func canNullify(in view: Int, below final: Int, _ place: Int) -> Bool {
        epochs[place].views[view].nullified.filter { $0.level.value < final }.count >= epochs[place].needed
    }

    /// True where `block` descends from `ancestor` or is it. Unknown headers end the search without a verdict.
    private func isAncestor(_ ancestor: BlockID, of block: BlockID) -> Bool {
        guard let floor = headers[ancestor]?.height else { return true }
        var next = block
        while next != ancestor {
            guard let header = headers[next] else { return true }
            if header.height <= floor { return false }
            next = header.parent
        }
        return true
    }
}
