// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Gateway
import Hosting
import Ledger
import Replication
import RocksStorage
import ShangMi
import Storage

/// A chain of this process as the gateway wants to see it: the only place that knows both.
struct HostedChain: ChainAccess {
    let host: ChainHost<RocksStore>
    let pool: CheckPool
    let anchor: TrustAnchor
    let readsArePublic: Bool
    let questions: QuestionDesk
    let descriptions = DescriptionShelf()
    private let desk = ProofDesk<RocksStore>()

    init(host: ChainHost<RocksStore>, pool: CheckPool, anchor: TrustAnchor, readsArePublic: Bool) {
        self.readsArePublic = readsArePublic
        self.host = host
        self.pool = pool
        self.anchor = anchor
        questions = QuestionDesk(name: "ask-\(host.settings.spec.name.text)")
    }

    var name: Ledger.Label { host.settings.spec.name }
    var id: ChainID { anchor.chain }

    // MARK: Submitting

    func submit(
        _ transactions: [SignedTransaction], until level: WaitLevel, within patience: Duration
    ) async -> [SubmissionResult] {
        // One that is for another chain costs no signature check.
        let checked = await pool.check(transactions)
        let progress = await host.submit(checked, until: milestone(level), within: patience)
        var results: [SubmissionResult] = []
        results.reserveCapacity(transactions.count)
        // Asked for once: a reader costs a turn on the chain's own threads.
        let reader = level == .attested ? await host.reader() : nil
        for (index, step) in progress.enumerated() {
            let id = checked[index]?.id ?? transactions[index].id
            if case .attested(let place) = step, let proof = await proof(at: place, from: reader) {
                results.append(.attested(proof))
            } else {
                results.append(result(step, id, transactions[index].body))
            }
        }
        return results
    }

    /// The proof of the transaction at a place; nil where the chain has just stopped.
    private func proof(at place: EvidenceNumber, from reader: ChainReader<RocksStore>?) async -> ReceiptProof? {
        guard let reader, let proofs = try? await desk.proofs(at: place.height, from: reader.proofs) else { return nil }
        return proofs.proof(at: Int(place.index))
    }

    private func milestone(_ level: WaitLevel) -> Milestone {
        switch level {
        case .admitted: .admitted
        case .final: .final
        case .attested: .attested
        }
    }

    private func result(_ progress: Progress, _ id: TransactionID, _ body: Transaction) -> SubmissionResult {
        switch progress {
        case .admitted: .admitted(id)
        case .waiting: .known(id)
        case .final(let place), .attested(let place): .final(id, height: place.height, index: place.index)
        case .refused(let refusal): refused(id, refusal, body)
        }
    }

    private func refused(_ id: TransactionID, _ refusal: Refusal, _ body: Transaction) -> SubmissionResult {
        let detail =
            switch refusal {
            case .otherChain: "signed for chain \(body.chain.hex), this is \(anchor.chain.hex)"
            case .expired(let tip): "valid until height \(body.validUntil.value), the chain is at \(tip.value)"
            case .tooEarly(let tip): "valid from height \(body.validFrom.value), the chain is at \(tip.value)"
            case .windowTooLong:
                "valid from \(body.validFrom.value) to \(body.validUntil.value), at most "
                    + "\(Limits.validityWindowMax) heights are allowed"
            case .unknownSender: "account \(AccountID(body.sender).hex) is not a member"
            case .mayNotAct(let obstacle):
                "account \(AccountID(body.sender).hex)\(obstacle.facts)"
            case .badSignature: "the signature does not verify with the sender's key"
            case .oversized: "the transaction is too large"
            case .poolFull: "the pool of waiting transactions is full"
            case .senderQuota: "this sender has too many transactions waiting"
            case .halted: "the chain does not run on this node"
            case .beforeBase(let base):
                "valid from height \(body.validFrom.value), this node knows the chain from \(base.value) on"
            }
        return .refused(id, code: StableCode.numbered(Int(refusal.code)) ?? .gatewayInternal, detail: detail)
    }

    // MARK: Reading

    func status() async -> ChainStatus {
        let snapshot = await host.snapshot()
        let spec = host.settings.spec
        let tip = snapshot.tip ?? spec.genesis
        let leaf = snapshot.executed?.leaf
        let starved = HostFailure(
            .diskFull, "the disk is nearly full: less than \(DiskSpace.reserveBytes >> 20) MiB are free")
        let halted = (snapshot.failure ?? (snapshot.isStarved ? starved : nil)).map { "\($0)" }
        return ChainStatus(
            height: tip.height, tip: tip.id, lastBlock: tip.timestamp, executed: leaf?.height ?? .zero,
            attested: snapshot.attested, stateRoot: leaf?.stateRoot ?? .zero,
            historyRoot: snapshot.executed?.root ?? .zero, committee: snapshot.committee ?? spec.committee,
            rules: spec.rules,
            waiting: snapshot.waiting, inStep: snapshot.isInStep && halted == nil, halted: halted,
            disk: ChainStatus.Disk(
                chainBytes: snapshot.disk.chainBytes, freeBytes: snapshot.disk.freeBytes,
                daysLeft: snapshot.disk.daysLeft.map { UInt64(min($0, 1_000_000)) },
                archivedThrough: snapshot.keeping?.horizon))
    }

    /// Reads, turning every failure of the store into the door's words.
    func read<Value: Sendable>(
        _ body: (ChainReader<RocksStore>) throws(StoreError) -> Value
    ) async throws(AccessError) -> Value {
        let reader = try await newest()
        do throws(StoreError) {
            return try body(reader)
        } catch {
            // Blocks went by while it read: the next state is as good as that one was.
            guard case .pruned = error else { throw AccessError(error) }
        }
        let later = try await newest()
        do { return try body(later) } catch { throw AccessError(error) }
    }

    /// The newest executed state.
    func newest() async throws(AccessError) -> ChainReader<RocksStore> {
        if let reader = await host.reader() { return reader }
        throw AccessError(.chainHalted, detail: "the chain does not run on this node")
    }

    func block(at height: Height) async throws(AccessError) -> FinalBlock? {
        let genesis = host.settings.spec.genesis
        return try await read { (reader) throws(StoreError) in
            if height == .zero {
                let leaf = try reader.blocks.heightRecord(at: height)?.leaf
                return FinalBlock(header: genesis, certificate: nil, transactions: [], leaf: leaf)
            }
            // The names of transactions stay when a block leaves for the archive.
            guard let record = try reader.blocks.finalRecord(at: height),
                let ids = try reader.blocks.transactionIDs(at: height)
            else { return nil }
            return FinalBlock(
                header: record.header, certificate: record.certificate, transactions: ids,
                leaf: try reader.blocks.heightRecord(at: height)?.leaf)
        }
    }

    func blocks(from height: Height, limit: Int) async throws(AccessError) -> [FinalBlock] {
        let genesis = host.settings.spec.genesis
        return try await read { (reader) throws(StoreError) in
            var blocks: [FinalBlock] = []
            var next = height
            while blocks.count < limit {
                let leaf = try reader.blocks.heightRecord(at: next)?.leaf
                if next == .zero {
                    blocks.append(FinalBlock(header: genesis, certificate: nil, transactions: [], leaf: leaf))
                } else {
                    guard let record = try reader.blocks.finalRecord(at: next) else { break }
                    blocks.append(
                        FinalBlock(
                            header: record.header, certificate: record.certificate, transactions: [], leaf: leaf))
                }
                next = next.next
            }
            return blocks
        }
    }

    func receipts(at height: Height) async throws(AccessError) -> [Receipt]? {
        try await read { (reader) throws(StoreError) in
            if height == .zero { return [] }
            guard let record = try reader.blocks.heightRecord(at: height),
                let ids = try reader.blocks.transactionIDs(at: height)
            else { return nil }
            return BlockExecutor.receipts(record.outcomes, ids: ids, height: height)
        }
    }

    func wait(for height: Height, to stage: Gateway.Stage, within patience: Duration) async -> Bool {
        let stage: ChainStage =
            switch stage {
            case .final: .final
            case .executed: .executed
            case .attested: .attested
            }
        return await host.wait(for: height, to: stage, within: patience)
    }

    func transaction(_ id: TransactionID) async throws(AccessError) -> TransactionRecord? {
        let attested = await host.snapshot().attested
        return try await read { (reader) throws(StoreError) in
            guard let place = try reader.blocks.place(of: id) else { return nil }
            try reader.blocks.wantKept(place.height)
            guard let block = try reader.blocks.block(at: place.height),
                let record = try reader.blocks.heightRecord(at: place.height)
            else { return nil }
            let index = Int(place.index)
            guard block.payload.transactions.indices.contains(index), record.outcomes.indices.contains(index) else {
                throw .corrupt(what: "the place of transaction \(id.hex)")
            }
            let position = TransactionRecord.Position(
                height: place.height, index: place.index, time: block.header.timestamp)
            let receipt = Receipt(
                transaction: id, height: place.height, index: place.index, outcome: record.outcomes[index])
            return TransactionRecord(
                id: id, transaction: block.payload.transactions[index], position: position, receipt: receipt,
                attested: place.height <= attested)
        }
    }

    func proof(of id: TransactionID) async throws(AccessError) -> ReceiptProof? {
        try await read { (reader) throws(StoreError) in
            if let place = try reader.blocks.place(of: id) { try reader.blocks.wantKept(place.height) }
            return try reader.proofs.proof(of: id)?.1
        }
    }

    func state(
        contract: Ledger.Label, key: [UInt8], at height: Height?, proof: Bool
    ) async throws(AccessError) -> StateRecord {
        let provable = await host.snapshot().provable
        return try await read { (reader) throws(StoreError) in
            let height = height ?? (proof ? provable : reader.executed.height)
            let full = StateKey.of(contract, key)
            guard proof else {
                let value = try reader.tree.value(for: full, version: StateVersion.of(height))
                return StateRecord(height: height, value: value, proof: nil)
            }
            guard let proof = try reader.proofs.proof(of: full, at: height, in: reader.tree) else {
                throw .unknownVersion(version: StateVersion.of(height), latest: StateVersion.of(provable))
            }
            return StateRecord(height: height, value: proof.value, proof: proof)
        }
    }

    func trustAnchor() async -> TrustAnchor { anchor }

    func metrics() async -> [Metric] {
        let snapshot = await host.snapshot()
        let counters = snapshot.counters
        let labels = [Metric.Label(name: "chain", value: name.text)]
        func gauge(_ name: String, _ help: String, _ value: Double) -> Metric {
            Metric("jiuding_chain_" + name, help: help, kind: .gauge, labels: labels, value: value)
        }
        func counter(_ name: String, _ help: String, _ value: UInt64) -> Metric {
            Metric("jiuding_chain_" + name, help: help, kind: .counter, labels: labels, value: Double(value))
        }
        let committee = snapshot.committee ?? host.settings.spec.committee
        let domains = FailureDomains(of: committee)
        let clouds = domains.clouds.map { cloud in
            Metric(
                "jiuding_chain_cloud_validators", help: "Validators that go with a cloud.", kind: .gauge,
                labels: labels + [.init(name: "cloud", value: cloud.name)], value: Double(cloud.validators))
        }
        return clouds + [
            gauge(
                "survives_any_cloud", "1 where a quorum is left without any one cloud.",
                domains.survivesAnyCloud ? 1 : 0),
            gauge("quorum", "Validators that must agree.", Double(domains.quorum)),
            gauge("height", "Height of the newest final block.", Double(snapshot.tip?.height.value ?? 0)),
            gauge("executed_height", "Newest executed height.", Double(snapshot.executed?.height.value ?? 0)),
            gauge("attested_height", "Newest height under a certificate.", Double(snapshot.attested.value)),
            gauge("view", "View of the voter.", Double(snapshot.view.value)),
            gauge("waiting", "Transactions waiting for a block.", Double(snapshot.waiting)),
            gauge("in_step", "1 while the node keeps step with its quorum.", snapshot.isInStep ? 1 : 0),
            gauge("halted", "1 while the chain is stopped on this node.", snapshot.failure == nil ? 0 : 1),
            gauge("disk_free_bytes", "Room left on the chain's disk.", Double(snapshot.disk.freeBytes)),
            gauge("disk_bytes", "What the chain's files take.", Double(snapshot.disk.chainBytes)),
            gauge(
                "disk_days_left", "Days until the disk is full if all goes on as it did; NaN where nobody can say.",
                snapshot.disk.daysLeft ?? .nan),
            gauge(
                "archived_height", "Up to this height blocks have left for the archive.",
                Double(snapshot.keeping?.horizon?.value ?? 0)),
            gauge(
                "archive_failing", "1 while old blocks cannot be archived.", snapshot.keeping?.problem == nil ? 0 : 1),
            counter("blocks_total", "Blocks made final since the process started.", counters.blocks),
            counter("final_total", "Transactions made final since the process started.", counters.finalized),
            counter("submitted_total", "Transactions submitted since the process started.", counters.submitted),
            counter("executed_total", "Transactions executed since genesis.", counters.executed),
        ]
    }
}

extension AccessError {
    /// What a failure of the store is to whoever asked.
    init(_ error: StoreError) {
        switch error {
        case .pruned(let version, let oldest):
            self.init(
                .heightPruned, detail: "the state of height \(version - 1) is gone, the oldest is \(oldest - 1)")
        case .archived(let height, let file):
            self.init(
                .blockArchived, detail: "block \(height)" + (file.map { " is in \($0)" } ?? " is not kept here"))
        // What is damaged is named and refused, never served.
        default: self.init(.gatewayInternal, detail: HostFailure(error).detail)
        }
    }
}
