// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Gateway
import KeyCustody
import Ledger
import ShangMi

/// A chain of one honest validator in memory: real signatures, real roots, real proofs, and no consensus.
///
/// Every submission becomes a block at once, and an empty one after it attests the result.
actor FakeChain: ChainAccess {
    nonisolated let name: Label
    nonisolated let id: ChainID
    nonisolated let spec: ChainSpec
    private let validator: OpenSSLSigner
    private let anchor: TrustAnchor
    private var blocks: [FinalBlock] = []
    private var payloads: [[SignedTransaction]] = []
    private var receiptsByHeight: [[Receipt]] = []
    private var history = History()
    private var nodes: [History.Node] = []
    private var places: [TransactionID: (height: Int, index: Int)] = [:]
    private var records: [EvidenceEntry] = []
    private var gate: [CheckedContinuation<Void, Never>]?
    private var halted: String?

    init(name: String = "main", isPublic: Bool = true) throws {
        readsArePublic = isPublic
        validator = OpenSSLSigner(try PrivateKey.generate())
        let seat = Validator(
            key: validator.publicKey, name: Label(literal: "v0"), organization: Label(literal: "省局"),
            failureDomain: Label(literal: "cloud-a"))
        let committee = Committee(epoch: .zero, validators: [seat], parameters: ConsensusParameters())!
        self.name = Label(name)!
        spec = ChainSpec(
            name: self.name, founded: Timestamp(1_700_000_000_000), rules: .first, committee: committee,
            members: [])!
        id = spec.id
        let message = TrustAnchor.signedMessage(chain: id, name: self.name, committee: committee)
        anchor = TrustAnchor(
            chain: id, name: self.name, committee: committee,
            seals: [.init(signer: ValidatorIndex(0), signature: try validator.sign(message))])
        let genesis = spec.genesis
        let leaf = HistoryLeaf(
            height: .zero, block: genesis.id, payloadRoot: genesis.payloadRoot, receiptsRoot: .zero,
            stateRoot: .zero)
        blocks = [FinalBlock(header: genesis, certificate: nil, transactions: [], leaf: leaf)]
        payloads = [[]]
        receiptsByHeight = [[]]
        nodes = history.append(leaf.digest)
    }

    // MARK: What a test does to it

    /// From now on submissions wait until `open`.
    func shut() { gate = [] }

    func open() {
        for waiting in gate ?? [] { waiting.resume() }
        gate = nil
    }

    var waitingSubmissions: Int { gate?.count ?? 0 }

    func halt(_ reason: String?) { halted = reason }

    /// Adds a block and what executing it comes to.
    @discardableResult
    func append(_ transactions: [SignedTransaction]) throws -> Height {
        let parent = blocks[blocks.count - 1].header
        let height = parent.height.next
        let header = Header(
            chain: id, epoch: .zero, view: View(height.value), height: height, parent: parent.id,
            timestamp: Timestamp(parent.timestamp.value + 1_000), proposer: ValidatorIndex(0),
            payload: Payload(transactions), execHeight: parent.height, execRoot: history.root,
            nextCommittee: nil)
        let context = VotingContext(chain: id, epoch: .zero, committee: spec.committee.id)
        let message = context.signedMessage(.finalize(header.id), view: header.view)
        let certificate = QuorumCertificate(
            kind: .finality, view: header.view, block: header.id,
            signatures: [.init(signer: ValidatorIndex(0), signature: try validator.sign(message))])
        let ids = transactions.map(\.id)
        let receipts = transactions.indices.map { index in
            Receipt(
                transaction: ids[index], height: height, index: UInt64(index),
                outcome: execute(transactions[index], ids[index], header, index))
        }
        let leaf = HistoryLeaf(
            height: height, block: header.id, payloadRoot: header.payloadRoot,
            receiptsRoot: MerkleTree.root(of: receipts.map { MerkleTree.leafDigest($0.encoded) }),
            stateRoot: .zero)
        nodes += history.append(leaf.digest)
        blocks.append(FinalBlock(header: header, certificate: certificate, transactions: ids, leaf: leaf))
        payloads.append(transactions)
        receiptsByHeight.append(receipts)
        for (index, id) in ids.enumerated() { places[id] = (Int(height.value), index) }
        return height
    }

    private func execute(
        _ transaction: SignedTransaction, _ id: TransactionID, _ header: Header, _ index: Int
    )
        -> Outcome
    {
        guard let deposit = try? Deposit(decoding: transaction.body.arguments) else {
            return Outcome(code: .malformedArguments, gasUsed: Gas(1), output: [], events: [])
        }
        let depositor = AccountID(transaction.body.sender)
        let first = records.first {
            $0.record.depositor == depositor && $0.record.deposit.digest == deposit.digest
        }
        let number = first?.record.number ?? EvidenceNumber(height: header.height, index: UInt64(index))
        if first == nil {
            let note = EvidenceNote(author: depositor, recorded: header.timestamp, text: [UInt8]("备注".utf8))
            let record = EvidenceRecord(
                number: number, recorded: header.timestamp, depositor: depositor, deposit: deposit,
                noteCount: 1)
            records.append(EvidenceEntry(record: record, notes: [note], transaction: id))
        }
        let reply = DepositReply(
            number: number, recorded: first?.record.recorded ?? header.timestamp, repeated: first != nil)
        let event = Event(
            contract: Deposit.contract, name: Label(literal: "deposited"), data: deposit.digest.bytes)
        return Outcome(code: .success, gasUsed: Gas(400), output: reply.encoded, events: [event])
    }

    // MARK: ChainAccess

    func submit(
        _ transactions: [SignedTransaction], until level: WaitLevel, within patience: Duration
    ) async -> [SubmissionResult] {
        if gate != nil { await withCheckedContinuation { gate?.append($0) } }
        let good = transactions.filter { $0.body.chain == id && turnedAway[AccountID($0.body.sender)] == nil }
        do {
            if !good.isEmpty {
                try append(good)
                try append([])
            }
        } catch {
            return transactions.map { _ in .refused(nil, code: .gatewayInternal, detail: "\(error)") }
        }
        return transactions.map { transaction in
            let id = transaction.id
            if let code = turnedAway[AccountID(transaction.body.sender)] {
                return .refused(id, code: code, detail: "as the test wants")
            }
            guard let place = places[id] else {
                return .refused(id, code: .otherChain, detail: "it names \(transaction.body.chain.hex)")
            }
            switch level {
            case .admitted: return .admitted(id)
            case .final: return .final(id, height: Height(UInt64(place.height)), index: UInt64(place.index))
            case .attested: return .attested(proof(height: place.height, index: place.index))
            }
        }
    }

    func status() -> ChainStatus {
        let tip = blocks[blocks.count - 1]
        return ChainStatus(
            height: tip.header.height, tip: tip.header.id, lastBlock: tip.header.timestamp,
            executed: tip.header.height, attested: tip.header.execHeight, stateRoot: .zero,
            historyRoot: history.root,
            committee: spec.committee, rules: .first, waiting: 0, inStep: true, halted: halted,
            disk: .init(chainBytes: 1, freeBytes: 1 << 40, daysLeft: nil, archivedThrough: nil))
    }

    func block(at height: Height) -> FinalBlock? {
        height.value < UInt64(blocks.count) ? blocks[Int(height.value)] : nil
    }

    func blocks(from height: Height, limit: Int) -> [FinalBlock] {
        guard height.value < UInt64(blocks.count) else { return [] }
        return blocks[Int(height.value)...].prefix(limit).map {
            FinalBlock(header: $0.header, certificate: $0.certificate, transactions: [], leaf: $0.leaf)
        }
    }

    func receipts(at height: Height) -> [Receipt]? {
        height.value < UInt64(blocks.count) ? receiptsByHeight[Int(height.value)] : nil
    }

    func wait(for height: Height, to stage: Stage, within patience: Duration) async -> Bool {
        let end = ContinuousClock.now + patience
        while height.value >= UInt64(blocks.count) {
            guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(5))) != nil else {
                return false
            }
        }
        return true
    }

    func transaction(_ id: TransactionID) -> TransactionRecord? {
        guard let place = places[id] else { return nil }
        return TransactionRecord(
            id: id, transaction: payloads[place.height][place.index],
            position: .init(
                height: Height(UInt64(place.height)), index: UInt64(place.index),
                time: blocks[place.height].header.timestamp),
            receipt: receiptsByHeight[place.height][place.index], attested: place.height < blocks.count - 1)
    }

    func proof(of id: TransactionID) -> ReceiptProof? {
        places[id].map { proof(height: $0.height, index: $0.index) }
    }

    private func proof(height: Int, index: Int) -> ReceiptProof {
        let receipts = receiptsByHeight[height]
        let attesting = blocks[height + 1]
        let path = History.path(to: UInt64(height), count: attesting.header.execHeight.value + 1) {
            level, index in
            nodes.first { $0.level == level && $0.index == index }?.digest
        }
        return ReceiptProof(
            receipt: receipts[index],
            receiptPath: MerkleTree.path(to: index, in: receipts.map { MerkleTree.leafDigest($0.encoded) }),
            leaf: blocks[height].leaf!, historyPath: path!, header: attesting.header,
            certificate: attesting.certificate!, handovers: [])
    }

    func state(contract: Label, key: [UInt8], at height: Height?, proof: Bool) throws(AccessError)
        -> StateRecord
    {
        if height == .zero {
            throw AccessError(.heightPruned, detail: "height 0 is kept by archive nodes only")
        }
        let record = records.first {
            EvidenceRecord.key(digest: $0.record.deposit.digest, depositor: $0.record.depositor) == key
        }
        return StateRecord(height: status().executed, value: record?.record.encoded, proof: nil)
    }

    func evidence(_ number: EvidenceNumber) -> EvidenceEntry? { records.first { $0.record.number == number } }

    func evidence(digest: Digest) -> [EvidenceEntry] { records.filter { $0.record.deposit.digest == digest } }

    func evidence(depositor: AccountID, after number: EvidenceNumber?, limit: Int) -> [EvidenceEntry] {
        Array(
            records.filter { entry in
                entry.record.depositor == depositor && number.map { entry.record.number > $0 } ?? true
            }.prefix(limit))
    }

    nonisolated let readsArePublic: Bool
    private var members: [AccountID: (organization: Label, code: ResultCode)] = [:]
    private var narrowed: [Label: ResultCode] = [:]

    /// Makes somebody a member, or gives a member another standing.
    func admit(_ account: AccountID, _ organization: Label = Label(literal: "省局"), _ code: ResultCode = .success) {
        members[account] = (organization, code)
    }

    private var turnedAway: [AccountID: StableCode] = [:]

    /// From now on transactions of this account are refused at the door.
    func turnAway(_ account: AccountID, _ code: StableCode) { turnedAway[account] = code }

    /// From now on nobody may read a contract.
    func narrow(_ contract: Label) { narrowed[contract] = .deniedByPolicy }

    func mayRead(_ contract: Label, by account: AccountID) -> ReadVerdict {
        let height = status().executed
        guard let member = members[account] else {
            return ReadVerdict(.unknownSender, organization: nil, height: height, reason: "no member")
        }
        let code = member.code.isSuccess ? narrowed[contract] ?? .success : member.code
        return ReadVerdict(code, organization: member.organization, height: height, reason: "as the test wants")
    }

    /// Whose office it is to read audit logs.
    func appoint(_ account: AccountID) { auditors.insert(account) }
    private var auditors: Set<AccountID> = []

    func mayAudit(by account: AccountID) -> ReadVerdict {
        let verdict = mayRead(Label(literal: ""), by: account)
        guard verdict.code.isSuccess, !auditors.contains(account) else { return verdict }
        return ReadVerdict(
            .deniedByPolicy, organization: verdict.organization, height: verdict.height, reason: "a user")
    }

    private var closed: [Label] = []

    /// From now on nobody reads these fields of the evidence but one account.
    func withhold(_ fields: [Label], butFrom account: AccountID? = nil) {
        closed = fields
        insider = account
    }

    private var insider: AccountID?

    func fieldsWithheld(_ contract: Label, from account: AccountID?) -> [WithheldField] {
        guard contract == Deposit.contract, account == nil || account != insider else { return [] }
        return closed.map { WithheldField($0, .fieldDenied, height: status().executed, reason: "as the test wants") }
    }

    func trustAnchor() -> TrustAnchor { anchor }

    func metrics() -> [Metric] {
        [
            Metric(
                "jiuding_chain_height", help: "Newest final height.", kind: .gauge,
                labels: [.init(name: "chain", value: name.text)], value: Double(blocks.count - 1))
        ]
    }
}

/// A node with the chains a test gives it.
struct FakeNode: NodeAccess {
    var chains: [any ChainAccess]
    var audit: (any AuditAccess)?

    func status() -> NodeStatus {
        NodeStatus(
            version: "0.0-test", id: "node-0", roles: ["validator"],
            peers: [.init(name: "node-1", address: "127.0.0.1:8701", connected: true)],
            paths: [.init(algorithm: "sm2", path: "portable")], clockSkewMillis: -3)
    }

    func metrics() -> [Metric] { [] }
}

/// A chain that takes everything at once and remembers nothing: to measure the door alone.
struct InstantChain: ChainAccess {
    let real: FakeChain
    var name: Label { real.name }
    var id: ChainID { real.id }

    func submit(
        _ transactions: [SignedTransaction], until level: WaitLevel, within patience: Duration
    ) async -> [SubmissionResult] {
        // The host hands back the identifier its checker computed; the salt stands for it here.
        transactions.map { .admitted(TransactionID(Digest(words: ($0.body.salt, 1, 2, 3)))) }
    }

    func status() async -> ChainStatus { await real.status() }
    func block(at height: Height) async -> FinalBlock? { nil }
    func blocks(from height: Height, limit: Int) async -> [FinalBlock] { [] }
    func receipts(at height: Height) async -> [Receipt]? { nil }
    func wait(for height: Height, to stage: Stage, within patience: Duration) async -> Bool { false }
    func transaction(_ id: TransactionID) async -> TransactionRecord? { nil }
    func proof(of id: TransactionID) async -> ReceiptProof? { nil }
    func state(
        contract: Label, key: [UInt8], at height: Height?, proof: Bool
    ) async throws(AccessError) -> StateRecord { throw AccessError(.notFound, detail: "") }
    func evidence(_ number: EvidenceNumber) async -> EvidenceEntry? { nil }
    func evidence(digest: Digest) async -> [EvidenceEntry] { [] }
    func evidence(depositor: AccountID, after number: EvidenceNumber?, limit: Int) async -> [EvidenceEntry] {
        []
    }
    var readsArePublic: Bool { real.readsArePublic }
    func mayRead(_ contract: Label, by account: AccountID) async -> ReadVerdict {
        await real.mayRead(contract, by: account)
    }
    func mayAudit(by account: AccountID) async -> ReadVerdict { await real.mayAudit(by: account) }
    func fieldsWithheld(_ contract: Label, from account: AccountID?) async -> [WithheldField] { [] }
    func trustAnchor() async -> TrustAnchor { await real.trustAnchor() }
    func metrics() async -> [Metric] { [] }
}
