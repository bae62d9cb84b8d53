// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Storage

// What happens to contracts: made, upgraded, retired by governance, made of templates, called.
extension CallContext {
    /// The rules that hold in this block. Nobody pays for it, and nothing depends on what was asked before.
    mutating func rulesInForce() throws(CallFailure) -> RuleVersion {
        let bytes: [UInt8]?
        do { bytes = try state.value(for: GovernanceContract.rulesKey) } catch { throw .store(error) }
        guard let bytes else { return .first }
        guard let schedule = shelf.rules.decoded(bytes) else { throw .store(.corrupt(what: "the chain's rules")) }
        return schedule.changes.last { $0.height <= height }?.version ?? .first
    }

    mutating func hasContracts() throws(CallFailure) -> Bool { try rulesInForce() >= .contracts }

    /// A proposal as the rules in force read it: to older ones there are no acts on contracts (CTR-27).
    mutating func motion(_ arguments: [UInt8]) throws(CallFailure) -> Motion {
        let motion = try Motion.argument(arguments)
        let isKnown = if motion.acts.contains(where: \.needsContracts) { try hasContracts() } else { true }
        guard isKnown else { throw .result(.malformedArguments) }
        return motion
    }

    // MARK: Records

    mutating func code(_ digest: Digest) throws(CallFailure) -> CodeRecord {
        guard let bytes = try recordBytes(at: ContractsContract.codeKey(digest)) else { throw .result(.codeUnknown) }
        guard let record = shelf.codes.decoded(bytes) else { throw .store(.corrupt(what: "the code of a contract")) }
        return record
    }

    private mutating func contract(_ name: Label) throws(CallFailure) -> ContractRecord? {
        guard let bytes = try recordBytes(at: ContractsContract.contractKey(name)) else { return nil }
        guard let record = shelf.contracts.decoded(bytes) else { throw .store(.corrupt(what: "a contract's record")) }
        return record
    }

    private mutating func standingContract(_ name: Label) throws(CallFailure) -> ContractRecord {
        guard let record = try contract(name) else { throw .result(.contractMissing) }
        guard !record.isRetired else { throw .result(.contractRetired) }
        return record
    }

    /// Writes a contract that was not there (CTR-7, CTR-8).
    mutating func establish(_ record: ContractRecord, as name: Label) throws(CallFailure) {
        guard ContractName.fits(name) else { throw .result(.contractNameUnfit) }
        guard try value(at: ContractsContract.contractKey(name)) == nil else { throw .result(.contractKnown) }
        _ = try code(record.code)
        let count = try decoded(Counter.self, at: ContractsContract.countKey)?.value ?? 0
        guard count < UInt64(ContractLimits.contractsMax) else { throw .result(.contractsFull) }
        try put(Counter(count + 1).encoded, at: ContractsContract.countKey)
        try put(record.encoded, at: ContractsContract.contractKey(name))
    }

    /// Reads a contract's program and has it compiled, outside of all gas.
    mutating func prepare(_ name: Label) throws(CallFailure) {
        beginEffects()
        let record = try standingContract(name)
        let program = try program(of: record.code, try code(record.code))
        guard let machine else { preconditionFailure("what runs code is given something to run it on") }
        let engine = try machine.ready()
        do throws(EngineTrouble) { try engine.prepare(program) } catch { throw .engine(error) }
    }

    // MARK: Acts (CTR-9 to CTR-12)

    /// Does an act on contracts. Code runs where it takes effect, and nowhere else: a rehearsal looks at records alone.
    /// - Parameter purse: what the code of this proposal may use yet; lowered by what it used.
    mutating func applyToContracts(
        _ act: GovernanceAct, runsCode: Bool, purse: inout UInt64
    ) throws(CallFailure) {
        switch act {
        case .deployContract(let deployment):
            let record = ContractRecord(code: deployment.code, deployed: height)
            try establish(record, as: deployment.name)
            guard runsCode else { return }
            try runInEffect(.initialise, of: deployment.name, record, deployment.argument, &purse)
        case .upgradeContract(let upgrade):
            let record = try upgraded(upgrade)
            guard runsCode, upgrade.migrates else { return }
            try runInEffect(.migrate, of: upgrade.name, record, [], &purse)
        case .retireContract(let name):
            var record = try standingContract(name)
            record.isRetired = true
            try put(record.encoded, at: ContractsContract.contractKey(name))
        case .setTemplate(let template):
            guard ContractName.fits(template.name) else { throw .result(.contractNameUnfit) }
            _ = try code(template.code)
            let record = TemplateRecord(code: template.code, policy: template.policy)
            try put(record.encoded, at: ContractsContract.templateKey(template.name))
        case .dropTemplate(let name):
            let key = ContractsContract.templateKey(name)
            guard try value(at: key) != nil else { throw .result(.templateUnknown) }
            try put(nil, at: key)
        default: break
        }
    }

    private mutating func upgraded(_ upgrade: ContractUpgrade) throws(CallFailure) -> ContractRecord {
        var record = try standingContract(upgrade.name)
        guard record.code != upgrade.code else { throw .result(.codeSame) }
        let code = try code(upgrade.code)
        guard !upgrade.migrates || code.migrates else { throw .result(.migrationAbsent) }
        record.code = upgrade.code
        record.version += 1
        record.changed = height
        try put(record.encoded, at: ContractsContract.contractKey(upgrade.name))
        return record
    }

    private mutating func runInEffect(
        _ entry: ContractEntry, of name: Label, _ record: ContractRecord, _ argument: [UInt8], _ purse: inout UInt64
    ) throws(CallFailure) {
        let before = gas.used
        // Nobody holds a receipt of an effect, so its events are nobody's.
        defer { cutEvents(to: 0) }
        _ = try runFromOutside(entry, of: name, record, method: Label(literal: ""), argument, purse: purse)
        purse -= min(purse, gas.used - before)
    }

    // MARK: Calls (CTR-14, CTR-15)

    /// Lets a member call a contract, once it is allowed to.
    mutating func callContract(
        _ name: Label, _ method: Label, _ arguments: [UInt8], allowed code: ResultCode
    ) throws(CallFailure) -> [UInt8] {
        guard let record = try contract(name) else { throw .result(.unknownContract) }
        guard code.isSuccess else { throw .result(code) }
        guard !record.isRetired else { throw .result(.contractRetired) }
        guard let pursed = PursedArguments(decoding: arguments) else { throw .result(.malformedArguments) }
        // By itself: as an argument of the next call it would run while that holds a copy of all of this.
        let answer = try runFromOutside(
            .call, of: name, record, method: method, pursed.argument, purse: pursed.purse)
        return try told(answer)
    }

    /// An answer that will stand in a receipt, with the events.
    func told(_ answer: [UInt8]) throws(CallFailure) -> [UInt8] {
        guard answer.count + toldBytes <= ContractLimits.receiptBytesMax else { throw .result(.receiptTooLong) }
        return answer
    }

    /// Runs a contract that no other contract called, and charges what it used, from its purse alone.
    mutating func runFromOutside(
        _ entry: ContractEntry, of name: Label, _ record: ContractRecord, method: Label, _ argument: [UInt8],
        purse: UInt64
    ) throws(CallFailure) -> [UInt8] {
        guard let machine else { preconditionFailure("what runs code is given something to run it on") }
        let code = try code(record.code)
        let speaker = try subject(sender)
        // What was used before the run may have eaten into the purse: a run that ended well must not fail for it.
        let all = Int64(min(purse, ContractLimits.purseMax, gas.left)) * ContractPrices.fine
        let desk = desk(machine, for: speaker)
        // The desk holds the state while it runs. Changed places, not copied: there is one holder at any time.
        swap(&self, &desk.context)
        var left = all
        let frame = ContractFrame(contract: name, method: method, caller: Label(literal: ""), argument: argument)
        let ended = desk.run(entry, frame, record.code, code, gas: &left)
        swap(&self, &desk.context)
        spareDesk = desk
        // First, or what this machine could not do would look like the contract's failure.
        if case .broken(let failure) = ended { throw failure }
        try gas.charge(UInt64((all - left + ContractPrices.fine - 1) / ContractPrices.fine))
        switch ended {
        case .answered(let answer): return answer
        case .refused(let code, let text):
            failureText = text
            throw .result(code)
        case .broken(let failure): throw failure
        }
    }

    /// The desk of the call before, or a new one where that was the block's first.
    private mutating func desk(_ machine: ContractMachine, for speaker: Subject?) -> ContractDesk<Store> {
        guard let spare = spareDesk else { return ContractDesk(hollow, machine, speaker: speaker) }
        spareDesk = nil
        spare.begin(for: speaker)
        return spare
    }
}
