// SPDX-License-Identifier: Apache-2.0
import Administration
import Bedrock
import Execution
import Hosting
import Ledger
import Replication
import RocksStorage
import ShangMi
import Storage

/// What happened at each height of a chain that an auditor wants to know of: every transaction to a contract of the
/// platform, every call that was denied, and what became of proposals without a transaction.
///
/// What becomes of a proposal stands in its record for ever, with the height: so it is told exactly, however late it is
/// asked for, and also of heights whose blocks are not here.
/// - Spec: AUD-9, AUD-11.
struct ChainActs {
    /// Rows of heights that follow each other, up to and including `last`.
    struct Found {
        let records: [AuditRecord]
        let last: Height
        /// Whether blocks among them were not there to be looked at.
        let isGap: Bool
    }

    private typealias Reader = ChainReader<RocksStore>

    let chain: String
    /// Proposals of which something is still to be told; nil until they were looked up.
    private var motions: [MotionID: MotionRecord]?
    /// Those known as they were at the height before the one that is looked at, and not as they are by now: of these
    /// alone can be said that approvals were taken from them at that height.
    private var exact: Set<MotionID> = []

    init(chain: String) { self.chain = chain }

    /// Looks at a height, or at all heights from it on whose blocks are not in the store.
    /// - Parameters:
    ///   - height: executed, and each one above the one before.
    ///   - bound: heights that are not there are told of up to this one, as they were before a crash.
    mutating func look(
        at height: Height, upTo bound: Height? = nil, _ reader: ChainReader<RocksStore>
    ) throws(StoreError) -> Found {
        let kept = try reader.blocks.firstKept()
        guard height >= kept else {
            let last = min(Height(kept.value - 1), reader.executed.height, bound ?? Height(Height.max))
            // All there are, as they are by now: what was made meanwhile is known from nowhere else.
            var motions = try all(from: height, reader)
            let gap = AuditRecord(
                AuditCursor.unseen, .failed, chain: chain, object: "\(height.value)-\(last.value)",
                height: height.value, count: last.value - height.value + 1,
                detail: "the blocks of these heights are not on this node; their transactions are not in this log")
            let told = tell(&motions, from: height, to: last)
            self.motions = nil
            return Found(records: [gap] + told, last: last, isGap: true)
        }
        var motions = if let motions { motions } else { try known(before: height, reader) }
        var (records, touched, withdrawn) = ([AuditRecord](), Set<MotionID>(), Set<MotionID>())
        if try isWorthReading(height, reader) {
            guard let block = try reader.blocks.block(at: height),
                let outcomes = try reader.blocks.heightRecord(at: height)?.outcomes
            else { throw .failed(what: "block \(height.value) is not there") }
            records = try rows(block.payload.transactions, outcomes, height, reader)
            for (transaction, outcome) in zip(block.payload.transactions, outcomes)
            where outcome.code.isSuccess && transaction.body.contract == GovernanceContract.contract {
                guard let reply = try? MotionReply(decoding: outcome.output) else { continue }
                touched.insert(reply.id)
                if transaction.body.method == GovernanceContract.withdraw { withdrawn.insert(reply.id) }
            }
        }
        let lapsed = try refresh(&motions, touched, withdrawn, height, reader)
        records = lapsed + tell(&motions, from: height, to: height) + records
        exact.formIntersection(motions.keys)
        self.motions = motions
        return Found(records: records, last: height, isGap: false)
    }

    // MARK: Transactions

    /// Whether a block has anything to tell: a search over bytes, since all but a few have nothing, and decoding ten
    /// thousand deposits to learn that would cost more than executing some of them.
    private func isWorthReading(_ height: Height, _ reader: Reader) throws(StoreError) -> Bool {
        guard let body = try reader.blocks.bodyBytes(at: height),
            let outcomes = try reader.blocks.heightBytes(at: height)
        else { throw .failed(what: "block \(height.value) is not there") }
        if ChainActs.mentionsPlatform(body) { return true }
        do { return try HeightRecord.codes(in: outcomes).contains { ChainActs.isDenial($0) } } catch {
            throw .corrupt(what: "the outcomes of block \(height.value)")
        }
    }

    private static let platform = AuditCursor.contracts.sorted().map { Label($0)!.encoded }

    /// Whether a contract's name, as a label, stands anywhere in a block. A title that says so is only looked at in
    /// vain.
    private static func mentionsPlatform(_ bytes: [UInt8]) -> Bool {
        let text = bytes.span
        for start in text.indices where (9...11).contains(text[start]) {
            for word in platform where word[0] == text[start] && start + word.count <= text.count {
                var length = 1
                while length < word.count, text[start + length] == word[length] { length += 1 }
                if length == word.count { return true }
            }
        }
        return false
    }

    /// Codes that say that somebody had no right to what he wanted.
    static func isDenial(_ code: ResultCode) -> Bool {
        (ResultCode.memberFrozen.value...ResultCode.certificateRevoked.value).contains(code.value)
            || [.unknownSender, .notProposer, .proposalOfOthers].contains(code)
    }

    private struct Refusal: Hashable {
        let sender: AccountID
        let contract: Ledger.Label
        let method: Ledger.Label?
        let code: ResultCode
    }

    /// Contracts of one sender's denied calls in a block that are told of by name: whoever may do nothing can still
    /// call what there is not.
    private static let deniedContractsMax = 8

    /// What tells failures of a block apart. Names of methods are the caller's own invention where he was denied or
    /// they are not there.
    private static func refusal(_ body: Transaction, _ code: ResultCode, _ known: [Refusal: Int]) -> Refusal {
        let account = AccountID(body.sender)
        let isInvented = code == .unknownMethod || isDenial(code)
        let own = Refusal(
            sender: account, contract: body.contract, method: isInvented ? nil : body.method, code: code)
        guard isDenial(code), known[own] == nil,
            known.keys.count(where: { $0.sender == account && $0.code == code }) >= deniedContractsMax
        else { return own }
        return Refusal(sender: account, contract: Label(literal: ""), method: nil, code: code)
    }

    /// A row a transaction that did something; of what failed alike for one sender a row for all in the block.
    private func rows(
        _ transactions: [SignedTransaction], _ outcomes: [Outcome], _ height: Height, _ reader: Reader
    ) throws(StoreError) -> [AuditRecord] {
        var consortium = ConsortiumReader(reader.tree, next: reader.executed.height.next)
        var records: [AuditRecord] = []
        var places: [Refusal: Int] = [:]
        for (transaction, outcome) in zip(transactions, outcomes) {
            let (body, code) = (transaction.body, outcome.code)
            let isPlatform = AuditCursor.contracts.contains(body.contract.text)
            guard isPlatform || ChainActs.isDenial(code) else { continue }
            let account = AccountID(body.sender)
            let refusal = ChainActs.refusal(body, code, places)
            if !code.isSuccess, let place = places[refusal] {
                records[place].count += 1
                continue
            }
            if !code.isSuccess { places[refusal] = records.count }
            let name = "\(body.contract.text).\(body.method.text)"
            let events = outcome.events.map { "\($0.name.text) \(Hex.encode(Array($0.data.prefix(32))))" }
            records.append(
                AuditRecord(
                    isPlatform ? name : AuditCursor.call,
                    code.isSuccess ? .done : ChainActs.isDenial(code) ? .denied : .failed, code: ChainActs.label(code),
                    who: account.hex, organization: try consortium.subject(account)?.member.organization.text ?? "",
                    chain: chain, object: isPlatform ? transaction.id.hex : "\(name) \(transaction.id.hex)",
                    height: height.value, detail: events.joined(separator: ", ")))
        }
        return records
    }

    private static func label(_ code: ResultCode) -> String {
        code.isSuccess ? "" : code.stable?.label ?? "JD-\(code.value)"
    }

    // MARK: Proposals

    /// The same, as they were before that height where this is still kept: by now they may have been decided, and
    /// approvals may have been taken from them again.
    private mutating func known(
        before height: Height, _ reader: Reader
    ) throws(StoreError) -> [MotionID: MotionRecord] {
        var motions = try all(from: height, reader)
        exact = []
        for id in motions.keys.sorted() {
            do throws(StoreError) {
                motions[id] = try record(id, reader, at: Height(height.value - 1))
                exact.insert(id)
            } catch { guard case .pruned = error else { throw error } }
        }
        return motions
    }

    /// Proposals with something to tell at a height or later, as they are by now.
    private func all(from height: Height, _ reader: Reader) throws(StoreError) -> [MotionID: MotionRecord] {
        var motions: [MotionID: MotionRecord] = [:]
        var after: [UInt8]?
        while true {
            let keys = try reader.blocks.keys(of: .proposals, after: after, limit: 1_000)
            for (key, value) in zip(keys, try reader.tree.values(for: keys)) {
                guard let value else { continue }
                guard let record = try? MotionRecord(decoding: value) else { throw .corrupt(what: "a proposal") }
                if let digest = Digest(Array(key.suffix(Digest.byteCount))), ChainActs.end(of: record).height >= height
                {
                    motions[MotionID(digest)] = record
                }
            }
            guard keys.count == 1_000, let last = keys.last else { return motions }
            after = last
        }
    }

    private func record(
        _ id: MotionID, _ reader: Reader, at height: Height? = nil
    ) throws(StoreError) -> MotionRecord? {
        let key = GovernanceContract.motionKey(id)
        let value =
            if let height { try reader.tree.value(for: key, version: StateVersion.of(height)) } else {
                try reader.tree.value(for: key)
            }
        guard let value else { return nil }
        guard let record = try? MotionRecord(decoding: value) else { throw .corrupt(what: "a proposal") }
        return record
    }

    /// Brings up to date what a height may have changed: proposals its transactions were about, those that were
    /// decided, and those whose time is over.
    /// - Returns: rows of decided proposals that approvals were taken from by what happened to who gave them (GOV-9).
    private mutating func refresh(
        _ motions: inout [MotionID: MotionRecord], _ touched: Set<MotionID>, _ withdrawn: Set<MotionID>,
        _ height: Height, _ reader: Reader
    ) throws(StoreError) -> [AuditRecord] {
        let due = motions.filter { _, record in
            if case .decided = record.status { return true }
            return record.motion.expires < height
        }
        var lapsed: [AuditRecord] = []
        for id in touched.union(due.keys).sorted() {
            // As of this height where that is still kept; what is told of an end is the same from any later state.
            var isExact = true
            var now: MotionRecord?
            do throws(StoreError) { now = try record(id, reader, at: height) } catch {
                guard case .pruned = error else { throw error }
                isExact = false
                now = try record(id, reader)
            }
            if isExact, exact.contains(id), let now, case .decided = motions[id]?.status, now.status == .open,
                !withdrawn.contains(id)
            {
                lapsed.append(row("governance.lapse", .failed, id, now, height))
            }
            if isExact { exact.insert(id) } else { exact.remove(id) }
            motions[id] = now
        }
        return lapsed
    }

    /// At which height a proposal ended, or will if nothing comes between, and what it is told as; no act where a
    /// transaction of its own tells it.
    private static func end(of record: MotionRecord) -> (height: Height, act: String?, code: ResultCode) {
        let expires = record.motion.expires
        switch record.status {
        case .effective(let height): return (height, "governance.effect", .success)
        case .void(let height, let code) where code != .proposalExpired: return (height, "governance.void", code)
        case .revoked(let height) where height <= expires: return (height, nil, .success)
        // Whether it was closed then or later, or is still open: from here on nothing can become of it.
        case .open, .decided, .void, .revoked: return (expires.next, "governance.expire", .proposalExpired)
        }
    }

    /// Rows of proposals that ended within these heights; those that ended are forgotten.
    private func tell(
        _ motions: inout [MotionID: MotionRecord], from first: Height, to last: Height
    ) -> [AuditRecord] {
        var ended: [(height: Height, id: MotionID, row: AuditRecord?)] = []
        for (id, record) in motions {
            let (height, act, code) = ChainActs.end(of: record)
            guard height <= last else { continue }
            let verdict = code.isSuccess ? AuditRecord.Verdict.done : .failed
            let told = height < first ? nil : act.map { self.row($0, verdict, id, record, height, code) }
            ended.append((height, id, told))
        }
        for end in ended { motions[end.id] = nil }
        return ended.sorted { ($0.height, $0.id) < ($1.height, $1.id) }.compactMap(\.row)
    }

    private func row(
        _ act: String, _ verdict: AuditRecord.Verdict, _ id: MotionID, _ record: MotionRecord, _ height: Height,
        _ code: ResultCode = .success
    ) -> AuditRecord {
        AuditRecord(
            act, verdict, code: ChainActs.label(code), who: record.proposer.hex, organization: record.organization.text,
            chain: chain, object: id.hex, height: height.value,
            detail: record.motion.acts.map(\.english).joined(separator: "; "))
    }
}
