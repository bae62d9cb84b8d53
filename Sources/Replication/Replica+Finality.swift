// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Storage

/// A closing block that is final, and the way from it to what its certificate is about.
struct Closing: Sendable {
    let block: KnownBlock
    let tail: [Header]
    let certificate: QuorumCertificate
}

// The ledger: appending final blocks, executing them in order, ending an epoch (R8, R14;
// CONS-25 to CONS-27).
extension Replica {
    /// True where a newer block than the tip is known to be final and is not linked to it yet.
    @inline(__always)
    var isBehindFinality: Bool {
        guard let finality = voter.record.finality else { return false }
        return finality.block != tipID && finality.view > tipFinality
    }

    /// View up to which the ledger has caught up with the voter in this epoch.
    @inline(__always)
    private var tipFinality: View { tip.epoch == committee.epoch ? tip.view : .zero }

    /// Appends what has become final, once its ancestors are here.
    mutating func linkFinality() throws(StoreError) {
        if let closing { return try close(closing) }
        guard let certificate = voter.record.finality, isBehindFinality else { return }
        switch tree.branch(from: certificate.block, to: tipID, at: tip.height) {
        case .missing(let missing): fetches.want(missing, signers: certificate.signatures.map(\.signer.value))
        // Views rise along a branch, so a later view's block beside the tip is a second branch made final.
        case .elsewhere: halt(.fork(final: tipID, other: certificate.block))
        case .whole(let path): try append(path.reversed(), tail: [], certificate)
        }
    }

    /// Appends final blocks, lowest first, up to the one that closes the epoch.
    mutating func append(
        _ path: [KnownBlock], tail: [Header], _ certificate: QuorumCertificate
    ) throws(StoreError) {
        let end = path.firstIndex { $0.header.nextCommittee != nil }
        let open = end.map { path[..<$0] } ?? path[...]
        if !open.isEmpty { append(open, certificate) }
        guard let end else { return executeNext() }
        let beyond = path[(end + 1)...].map(\.header) + tail
        closing = Closing(block: path[end], tail: beyond, certificate: certificate)
        executeNext()
        try linkFinality()
    }

    private mutating func append(_ path: ArraySlice<KnownBlock>, _ certificate: QuorumCertificate) {
        var records: [FinalRecord] = []
        for known in path { records.append(advance(to: known, certificate)) }
        effects.append(.append(records, handover: nil))
        finishAppending(path, certificate)
    }

    /// Makes a block the tip.
    private mutating func advance(to known: KnownBlock, _ certificate: QuorumCertificate) -> FinalRecord {
        let header = known.header
        if !tree.isKept(known.id) {
            effects.append(.keep(known.block))
            tree.markKept(known.id)
        }
        let entry = justifications.first { $0.block == known.id }?.entry
        tree.keepOnly(known.id, at: header.height)
        recentFinals.insert(known.ids, at: header.height)
        mempool.remove(known.ids)
        mempool.expire(through: header.height)
        if header.transactionCount > 0 { lastFilled = header.height }
        if header.execHeight > executed.height {
            attestations.append((header.execHeight, header.execRoot))
        } else if let result = result(at: header.execHeight), result.root != header.execRoot {
            halt(.divergence(header.execHeight))
        }
        tip = header
        tipID = known.id
        return FinalRecord(header: header, certificate: certificate, entry: entry)
    }

    private mutating func finishAppending(_ path: ArraySlice<KnownBlock>, _ certificate: QuorumCertificate) {
        heartbeatDue = false
        justifications.removeAll { $0.view <= tip.view }
        let mempool = mempool
        ownTransactions.keep { mempool.contains($0) }
        ranges.advanced()
        bringNews()
        for known in path { effects.append(.note(.finalized(known.header.height, known.ids))) }
        // A proof leads to a header by that header's own certificate; one of a later block's vouches for none of these.
        if certificate.block == tipID { effects.append(.note(.attested(tip.execHeight))) }
        armHeartbeat()
    }

    // MARK: Execution

    mutating func executeNext() {
        guard !isExecuting, executed.height < tip.height,
            mayExecute(executed.height.next), let next = tree.lowest(on: tipID, above: executed.height)
        else { return }
        isExecuting = true
        effects.append(.execute(next.block, next.ids))
    }

    mutating func finishExecution(_ result: ExecutedTip) throws(StoreError) {
        precondition(result.height == executed.height.next, "heights are executed in order")
        isExecuting = false
        executed = result
        roots.append(result)
        if roots.count > Pacing.rootsKept { roots.removeFirst() }
        if attestations.contains(where: { $0.height == result.height && $0.root != result.root }) {
            return halt(.divergence(result.height))
        }
        attestations.removeAll { $0.height <= result.height }
        tree.prune(upTo: result.height)
        executeNext()
    }

    // MARK: The end of an epoch (R14)

    /// Ends the epoch at its closing block, once this node has computed which committee follows.
    private mutating func close(_ closing: Closing) throws(StoreError) {
        let header = closing.block.header
        guard executed.height >= header.execHeight else { return }
        guard let next = result(at: header.execHeight)?.pending ?? executed.pending, next.id == header.nextCommittee
        else { return halt(.divergence(header.execHeight)) }
        self.closing = nil
        let record = advance(to: closing.block, closing.certificate)
        let proof = EpochProof(
            closing: header, descendants: closing.tail, certificate: closing.certificate, committee: next)
        effects.append(.append([record], handover: proof))
        begin(next, on: header)
        finishAppending([closing.block], closing.certificate)
        executeNext()
    }

    /// Begins the epoch of a new committee. What followed the closing block in the old one is dropped.
    private mutating func begin(_ next: Committee, on parent: Header) {
        var record = SafetyRecord(startOf: next.epoch)
        // Silence outlasts the epoch: the forgotten self may have seen this end before (CONS-23).
        if voter.record.silence != nil { record.silence = .unbounded }
        let wasHeldBack = voter.isHeldBack
        committee = next
        voter = Replica.voter(chain: spec.id, next, key: key, record: record)
        voter.viewMillis = viewClock.viewMillis
        epochParent = parent
        epochParentID = tipID
        tree.prune(above: parent.height)
        peers.seat(next, at: now.instant)
        (undecided, pacing, helping, doubtfulView) = (nil, nil, nil, nil)
        (brokenBodies, earlyBodies, justifications) = ([], [], [])
        (confirmations, reports) = ([], [:])
        clockedView = .zero
        // What the old epoch's voter asked to be signed in this very step would be signed as of the new one, in which
        // nothing of the kind is written down (found by the simulator).
        effects.removeAll(where: \.asksForSignature)
        effects.append(.persist(record))
        effects.append(.note(.epochBegan(next.epoch, parent.height.next)))
        if wasHeldBack { voter.holdBack() }
        for peer in peers.everyone { greet(peer, hello: wasHeldBack) }
        arm(.summary, after: Pacing.summary)
    }
}

extension ReplicaEffect {
    fileprivate var asksForSignature: Bool {
        switch self {
        case .sign, .signProposal: true
        default: false
        }
    }
}
