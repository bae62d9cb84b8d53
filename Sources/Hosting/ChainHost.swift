// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
package import Logging
import Replication
import ShangMi
package import Storage
import Transport

/// Runs one chain on this node: feeds its replica, does what the replica orders, answers callers.
///
/// All of it happens on one thread in the order issued, so an effect is done before the next one begins
/// (HOST-1). Executing blocks and checking submissions have threads of their own. A write that cannot be
/// confirmed ends the run (HOST-5); where the cause may heal, a new run starts from what is on disk. What callers ask
/// is in `ChainHost+Callers`.
/// - Spec: HOST-1 to HOST-10 (docs/spec/host.md).
package actor ChainHost<Store: KeyValueStore> {
    /// What exists only while the chain runs.
    struct Run {
        let blocks: BlockStore<Store>
        let worker: ExecutionWorker<Store>
        let desk: PeerDesk
        let ring: SafetyRing?
        /// Nil where all blocks stay.
        let keeper: BlockKeeper<Store>?
        var replica: Replica<Store>
        var provable: ProvableHeights
        /// Whether its long work goes after everything else on this machine.
        var givesWay = false
    }

    private nonisolated let thread: WorkThread
    package nonisolated let settings: ChainHostSettings<Store>
    let log: Logger
    var run: Run?
    var failure: HostFailure?
    /// Nil for an observer.
    private var voice: ValidatorVoice?
    /// Checks what is short; long messages go to the run's desk.
    var messages: MessageChecker<SM2.Verifier>
    private var inbox: [ReplicaEvent] = []
    private var isStepping = false
    var waiters = Waiters()
    var answers: [Ticket: [Admission]] = [:]
    var nextTicket: UInt64 = 0
    private var deadlines = DeadlineTimer()
    var stageWaiters = StageWaiters()
    private var healer: Task<Void, Never>?
    /// What peers sent to this run; nil for a chain without links.
    private var inboxOfPeers: PeerInbox?
    var longWork = LongWork()
    private var isClosed = false
    package internal(set) var counters = HostCounters()
    /// How fast the chain's directory grows.
    package nonisolated let disk: DiskWatch

    package init(_ settings: ChainHostSettings<Store>, log: Logger) {
        thread = WorkThread(name: "chain-\(settings.spec.name.text)")
        self.settings = settings
        self.log = log
        disk = DiskWatch(directory: settings.directory)
        messages = MessageChecker(SM2.Verifier(tableBytesMax: 2 << 20), spec: settings.spec)
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    // MARK: Starting and stopping

    /// Opens the chain and starts it.
    /// - Throws: `HostFailure` where the directory cannot be used; nothing is running then.
    package func start() throws(HostFailure) {
        let opened = try open()
        run = opened
        voice = settings.signer.flatMap { ValidatorVoice($0, in: opened.replica) }
        failure = nil
        // What is attested already is known from the start: nobody may wait for the next block to hear of it.
        tellAttested()
        counters.executed = opened.replica.executedTip.transactionCount
        disk.begin()
        opened.keeper?.begin()
        take(.started)
        attach()
    }

    /// From now on peers are heard.
    private func attach() {
        guard let network = settings.network else { return }
        let inbox = PeerInbox { [weak self] in
            guard let self else { return }
            Task { await self.wakeUp() }
        }
        self.inboxOfPeers = inbox
        network.attach(settings.spec.id, inbox)
    }

    /// Comes for the letters, some at a time: deadlines and callers get their turn between.
    private func wakeUp() {
        guard let inboxOfPeers, open(inboxOfPeers) else { return }
        Task { self.wakeUp() }
    }

    /// Stops taking part, writes what is in memory, lets go of the directory.
    package func close() async {
        isClosed = true
        disk.end()
        healer?.cancel()
        // A failed run is put away by the healer; the directory is free only when that is done.
        await healer?.value
        if let run { await end(run) }
        thread.close()
    }

    private func open() throws(HostFailure) -> Run {
        let store: Store
        do { store = try settings.openStore() } catch { throw HostFailure(error) }
        do {
            return try recover(store)
        } catch {
            try? store.close()
            throw error
        }
    }

    private func recover(_ store: Store) throws(HostFailure) -> Run {
        let name = settings.spec.name.text
        let blocks = BlockStore(store)
        let executed = try attempt { () throws(StoreError) in
            if try blocks.spec() == nil { try ExecutionLane.found(settings.spec, in: store) }
            guard try blocks.spec() == settings.spec, let executed = try blocks.executedTip() else {
                throw .corrupt(what: "the store was founded on another specification than \(name)'s")
            }
            return executed
        }
        let tip = try attempt { () throws(StoreError) in try blocks.finalTip() }
        let kept = try attempt { () throws(StoreError) in try blocks.blocks(above: executed.height) }
        // A block is kept before it is voted for, so one that is kept says that there may have been a vote.
        let isRestored = try attempt { () throws(StoreError) in try blocks.isRestored() }
        let ring = try openRing(mayCreate: isRestored || tip == nil && kept.isEmpty)
        let begun = try attempt { () throws(StoreError) in
            let lane = try ExecutionLane(
                store, tip: executed, cacheBytes: settings.stateCacheBytes,
                versionsKept: settings.stateHeightsKept, engine: settings.engine)
            try completeRegister(blocks, lane.tree)
            // What a validator said before its store was restored nobody here knows: it stays silent (BACK-8).
            let recollection = ring?.newest.map { Recollection.intact($0) } ?? (isRestored ? .lost : .fresh)
            let recovered = try Recovered.read(
                from: blocks, spec: settings.spec, key: settings.signer?.publicKey, recollection: recollection,
                instance: UInt64.random(in: .min ... .max))
            let replica = try Replica(recovered, store: store, mempool: settings.mempool)
            let worker = ExecutionWorker(lane, name: "execute-\(name)", engine: settings.engine, log: log)
            return Run(
                blocks: blocks, worker: worker, desk: PeerDesk(settings.spec), ring: ring, keeper: keeper(of: store),
                replica: replica, provable: try ProvableHeights(in: blocks, executed: executed.height)
            )
        }
        // From its first start on a ring holds a record: a node may follow a chain for long before it votes, and a
        // blank ring beside final blocks would look like a lost one (RING-1).
        if let ring, ring.newest == nil {
            do { try ring.write(begun.replica.voter.record) } catch {
                begun.worker.close()
                begun.desk.close()
                throw HostFailure(error)
            }
        }
        return begun
    }

    /// Every key has a ring from its first start on, an observer's too: an epoch may begin in which it votes.
    private func openRing(mayCreate: Bool) throws(HostFailure) -> SafetyRing? {
        guard let signer = settings.signer else { return nil }
        let owner = SM3.hash(settings.spec.id.digest.bytes + signer.publicKey.bytes)
        do {
            return try SafetyRing(directory: settings.directory, owner: owner, mayCreate: mayCreate)
        } catch {
            throw HostFailure(error)
        }
    }

    /// Runs something that uses the store, and turns the store's failure into the host's.
    private func attempt<Value>(_ body: () throws(StoreError) -> Value) throws(HostFailure) -> Value {
        do { return try body() } catch { throw HostFailure(error) }
    }

    private func end(_ ending: Run) async {
        run = nil
        inbox = []
        settings.network?.detach(settings.spec.id)
        inboxOfPeers = nil
        longWork = LongWork()
        deadlines.cancelAll()
        waiters.abandonAll()
        stageWaiters.abandonAll()
        await ending.keeper?.end()
        // The worker may be in the middle of a block; its thread is let go after that block.
        _ = await ending.worker.state()
        ending.worker.close()
        ending.desk.close()
        // Two steps: a store that has failed does not flush, and must be closed all the same to be opened
        // again.
        do { try ending.blocks.store.flush() } catch {
            log.error("flushing the store: \(HostFailure(error))")
        }
        do { try ending.blocks.store.close() } catch { log.error("closing the store: \(HostFailure(error))") }
    }

    // MARK: Stepping

    func take(_ event: ReplicaEvent) {
        inbox.append(event)
        guard !isStepping else { return }
        isStepping = true
        defer { isStepping = false }
        while run != nil, !inbox.isEmpty {
            let next = inbox.removeFirst()
            do {
                try step(next)
            } catch {
                stop(error)
            }
        }
        giveWayWhileBehind()
    }

    private func step(_ event: ReplicaEvent) throws(HostFailure) {
        let effects: [ReplicaEffect]
        do throws(StoreError) {
            effects = try run?.replica.step(event, at: HostClock.moment) ?? []
        } catch {
            throw HostFailure(error)
        }
        for effect in effects { try perform(effect) }
    }

    /// A failed write ends the run; what was promised stays true because nothing after it was done (HOST-5).
    private func stop(_ reason: HostFailure) {
        guard let ending = run else { return }
        // At once: not one more event may be taken by a replica that believes the write happened.
        run = nil
        inbox = []
        log.error("chain stopped", metadata: ["chain": "\(settings.spec.name.text)", "reason": "\(reason)"])
        failure = reason
        // Unstructured because the run's end takes time; `close` waits for it.
        healer = Task { await self.heal(ending, after: reason) }
    }

    private func keeper(of store: Store) -> BlockKeeper<Store>? {
        guard settings.retention.bodiesKept != nil else { return nil }
        return BlockKeeper(store, chain: settings.spec.name, retention: settings.retention) { [weak self] in
            guard let self else { return }
            let failure = HostFailure($0)
            Task { await self.stop(keeping: store, failure) }
        }
    }

    /// What keeps old blocks met damage in this store: the chain stops on it as on any other (HOST-5).
    private func stop(keeping store: Store, _ reason: HostFailure) {
        if run?.blocks.store === store { stop(reason) }
    }

    /// Ends this run and begins another from what is on disk now: a new base was written (HOST-10).
    private func beginAnew() {
        guard let ending = run else { return }
        run = nil
        inbox = []
        log.notice("chain goes on from a snapshot", metadata: ["chain": "\(settings.spec.name.text)"])
        healer = Task {
            await self.end(ending)
            guard !isClosed, !Task.isCancelled else { return }
            do throws(HostFailure) { try start() } catch {
                failure = error
                await heal(after: error)
            }
        }
    }

    private func heal(_ ending: Run, after failed: HostFailure) async {
        await end(ending)
        await heal(after: failed)
    }

    private func heal(after failed: HostFailure) async {
        var reason = failed
        while !isClosed, !Task.isCancelled, reason.mayHeal {
            try? await Task.sleep(for: .seconds(2))
            guard !isClosed, !Task.isCancelled, run == nil else { return }
            if reason.kind == .diskFull, DiskSpace.freeBytes(at: settings.directory) < DiskSpace.reserveBytes {
                continue
            }
            do throws(HostFailure) {
                try start()
                log.notice("chain goes on", metadata: ["chain": "\(settings.spec.name.text)"])
                return
            } catch {
                failure = error
                reason = error
            }
        }
    }

    private func perform(_ effect: ReplicaEffect) throws(HostFailure) {
        guard let run else { return }
        switch effect {
        case .persist(let record):
            do { try run.ring?.write(record) } catch { throw HostFailure(error) }
        case .keep(let block):
            do { try run.blocks.keep(block) } catch { throw HostFailure(error) }
        case .append(let records, let handover):
            // Not flushed: the body is durable and so is this validator's own finalization, or the quorum's others
            // hold theirs; a restart makes the certificate again (CONS-18). The next `keep` flushes it anyway. The end
            // of an epoch is: the ring must never speak of an epoch the store does not know (CONS-25).
            do {
                try run.blocks.append(records, handover: handover, durably: handover != nil)
            } catch {
                throw HostFailure(error)
            }
        case .install(let batch):
            do { try run.blocks.store.write(batch, durably: false) } catch { throw HostFailure(error) }
        case .rebase(let batch):
            do { try run.blocks.store.write(batch, durably: true) } catch { throw HostFailure(error) }
            beginAnew()
        case .answer(let ticket, let admissions): answers[ticket] = admissions
        case .send(let recipients, let message): send(message, to: recipients)
        case .arm(let deadline, let instant): arm(deadline, at: instant)
        case .sign(let statement, let view):
            if let ballot = try voice?.ballot(statement, view) { inbox.append(.ballotSigned(ballot)) }
        case .signProposal(let header, let entry, let finality):
            if let proposal = try voice?.proposal(header, entry, finality) {
                inbox.append(.proposalSigned(proposal))
            }
        case .execute(let block, let ids): execute(block, ids, on: run.worker)
        case .accuse(let fault):
            log.critical(
                "a validator lies",
                metadata: ["validator": "\(fault.culprit.value)", "epoch": "\(fault.epoch.value)"])
            do {
                try run.blocks.keepEvidence(fault.encoded, against: fault.culprit, in: fault.epoch)
            } catch {
                throw HostFailure(error)
            }
        case .note(let observation): note(observation)
        case .halt(let reason): throw HostFailure(.divergence, "\(reason)")
        }
    }

    private func note(_ observation: Observation) {
        switch observation {
        case .finalized(let height, let ids):
            counters.count(block: ids.count)
            waiters.finalize(height, ids)
            stageWaiters.reach(height, .final)
        case .attested(let height): attested(height)
        case .rejected(let block, let flaw):
            log.warning("proposal rejected", metadata: ["block": "\(block.hex)", "flaw": "\(flaw)"])
        case .refused(let peer, let reason):
            log.debug("message refused", metadata: ["peer": "\(peer.hex)", "reason": "\(reason)"])
        case .epochBegan(let epoch, let height):
            voice = run.flatMap { run in settings.signer.flatMap { ValidatorVoice($0, in: run.replica) } }
            log.notice("epoch began", metadata: ["epoch": "\(epoch.value)", "from": "\(height.value)"])
        case .clockOff(let millis):
            guard let millis else { return log.notice("this machine's clock agrees with the others again") }
            log.warning("the other validators' clocks differ from this machine's", metadata: ["ahead-ms": "\(millis)"])
        case .recordLost: log.critical("this validator's safety record is not its newest; it stays silent")
        case .returned(let view): log.notice("this validator votes again", metadata: ["view": "\(view.value)"])
        }
    }

    // MARK: Execution and time

    private func execute(_ block: Block, _ ids: [TransactionID], on worker: ExecutionWorker<Store>) {
        // Unstructured because its answer is an event; the run's end waits for the worker itself.
        Task {
            do throws(HostFailure) {
                let tip = try await worker.run(block, ids: ids)
                finish(tip, on: worker)
            } catch {
                if run?.worker === worker { stop(error) }
            }
        }
    }

    private func finish(_ tip: ExecutedTip, on worker: ExecutionWorker<Store>) {
        guard run?.worker === worker else { return }
        counters.executed = tip.transactionCount
        stageWaiters.reach(tip.height, .executed)
        take(.executed(tip))
        run?.provable.execute(tip.height)
        tellAttested()
    }

    private func arm(_ deadline: Deadline, at instant: Bedrock.Instant) {
        deadlines.arm(deadline, at: instant) { [weak self] in await self?.wake() }
    }

    private func wake() {
        for deadline in deadlines.due(at: HostClock.instant) { take(.deadlinePassed(deadline)) }
        deadlines.schedule { [weak self] in await self?.wake() }
    }
}
