// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
import ShangMi
import Storage

/// Why a run is told to stop.
enum HostStop: Error {
    case refused(ResultCode, text: [UInt8] = [])
    /// The gas is below 0: the engine finds that by itself.
    case spent
    case broken(CallFailure)
}

/// One import that a contract called, for whoever watches a dry run.
/// - Spec: CTR-26.
package struct ContractStep: Hashable, Sendable {
    /// How many contracts had called each other; 0 for the first.
    package let depth: Int
    package let contract: Label
    package let function: HostFunction
    /// As many as the import has parameters.
    package let arguments: [UInt64]
    /// The key, name or text that the first two arguments point to, where they do.
    package let subject: [UInt8]
    package let answer: HostAnswer
    /// In the engine's units, after the answer.
    package let gasLeft: Int64
}

// What a contract may ask (CTR-22 to CTR-24). Ranges to be written are looked at first, then each argument in turn (its
// length, its range, the price of its copy), then the price of the work, and only then it is done.
extension ContractDesk {
    func answer(
        _ function: HostFunction, _ arguments: HostArguments, memory: ContractMemory, gas: inout Int64
    ) -> HostAnswer {
        // Nobody looks on while a block is executed: what only a watcher is told is not made.
        let place = context.watch == nil ? nil : frames.last.map { (depth: innermost, contract: $0.contract) }
        var request = HostRequest(arguments: arguments, memory: memory, gas: gas)
        var answer = HostAnswer.stop
        do throws(HostStop) {
            try request.pay(ContractPrices.host)
            answer = try perform(function, &request)
        } catch {
            reason = error
        }
        gas = request.gas
        if let watch = context.watch, let place {
            watch(
                ContractStep(
                    depth: place.depth, contract: place.contract, function: function,
                    arguments: function.parameters.indices.map { arguments[$0] }, subject: request.subject(function),
                    answer: answer, gasLeft: gas))
        }
        return answer
    }

    private func perform(_ function: HostFunction, _ request: inout HostRequest) throws(HostStop) -> HostAnswer {
        switch function {
        case .get: return try get(&request)
        case .put: try put(&request)
        case .remove: try remove(&request)
        case .argument: return .value(try request.copy(frames[innermost].argument, out: 0, room: 1))
        case .answer:
            let answer = try request.bytes(0, 1, max: ContractLimits.bytesMax, .hostBytesTooLong)
            try request.pay(ContractPrices.toldByte * UInt64(answer.count))
            frames[innermost].answer = answer
        case .emit: try emit(&request)
        case .text:
            try request.pay(ContractPrices.look)
            return .value(try request.copy(try text(request[0]), out: 1, room: 2))
        case .number: return .value(try number(request[0], gas: request.gas))
        case .holds: return .value(try holds(&request) ? 1 : 0)
        case .call: return .value(try call(&request))
        case .fail: throw try failure(&request)
        case .digest:
            try request.demand(out: 2, count: Digest.byteCount)
            let bytes = try request.bytes(0, 1, max: .max, .hostRange)
            try request.pay(UInt64(bytes.count) / ContractPrices.hashedBytes)
            try request.write(SM3.hash(bytes).bytes, at: 2)
        case .trace: break
        }
        return .nothing
    }

    /// The place of the running contract's frame, which is looked at in place: a copy holds all that is in it.
    private var innermost: Int { frames.count - 1 }

    // MARK: State

    /// The key of the whole state that the first two arguments name.
    private func key(_ request: inout HostRequest) throws(HostStop) -> [UInt8] {
        try request.bytes(
            0, 1, max: ContractLimits.keyBytesMax, .hostKeyTooLong, behind: frames[innermost].keysBegin)
    }

    private func get(_ request: inout HostRequest) throws(HostStop) -> HostAnswer {
        try request.demand(out: 2, room: 3)
        let key = try key(&request)
        try request.pay(GasSchedule.read)
        guard let value = try read(key) else { return .value(UInt64(bitPattern: -1)) }
        // All of it was fetched, however little of it there is room for.
        try request.pay(UInt64(value.count) / ContractPrices.readBytes)
        return .value(try request.copy(value, out: 2, room: 3))
    }

    private func put(_ request: inout HostRequest) throws(HostStop) {
        let key = try key(&request)
        let value = try request.bytes(2, 3, max: ContractLimits.bytesMax, .hostBytesTooLong)
        try request.pay(GasSchedule.write + GasSchedule.writtenByte * (request.count(1) + UInt64(value.count)))
        context.state.write(value, for: key)
    }

    private func remove(_ request: inout HostRequest) throws(HostStop) {
        let key = try key(&request)
        try request.pay(GasSchedule.write + GasSchedule.writtenByte * request.count(1))
        context.state.write(nil, for: key)
    }

    private func read(_ key: [UInt8]) throws(HostStop) -> [UInt8]? {
        do {
            return try context.state.value(for: key)
        } catch {
            throw .broken(.store(error))
        }
    }

    // MARK: What it tells

    private func emit(_ request: inout HostRequest) throws(HostStop) {
        guard let name = Label(utf8: try request.name(0, 1)), !name.isEmpty else { throw .refused(.hostNameUnfit) }
        let body = try request.bytes(2, 3, max: Limits.eventBytesMax, .hostBytesTooLong)
        guard frames[innermost].events < ContractLimits.eventsMax, context.events.count < Limits.eventsMax else {
            throw .refused(.hostEventsFull)
        }
        try request.pay(GasSchedule.event + ContractPrices.toldByte * UInt64(name.utf8.count + body.count))
        frames[innermost].events += 1
        context.tell(Event(contract: frames[innermost].contract, name: name, data: body))
        guard context.toldBytes <= ContractLimits.receiptBytesMax else { throw .refused(.receiptTooLong) }
    }

    private func failure(_ request: inout HostRequest) throws(HostStop) -> HostStop {
        let text = try request.bytes(1, 2, max: ContractLimits.failureBytesMax, .hostCodeUnfit)
        guard ContractLimits.ownCodes.contains(request[0]) else { throw .refused(.hostCodeUnfit) }
        try request.pay(ContractPrices.toldByte * UInt64(text.count))
        return .refused(ResultCode(ContractLimits.ownCodesBase + UInt16(request[0])), text: text)
    }

    // MARK: What it is told

    private func text(_ which: UInt64) throws(HostStop) -> [UInt8] {
        switch which {
        case 0: frames[innermost].contract.utf8
        case 1: frames[innermost].method.utf8
        case 2: speaker?.account.digest.hexDigits ?? []
        case 3: speaker?.member.organization.utf8 ?? []
        case 4: frames[innermost].caller.utf8
        case 5: machine.chain.utf8
        default: throw .refused(.hostUnknown)
        }
    }

    private func number(_ which: UInt64, gas: Int64) throws(HostStop) -> UInt64 {
        switch which {
        case 0: context.height.value
        case 1: context.time.value
        case 2: UInt64(gas / ContractPrices.fine)
        case 3: UInt64(frames.count - 1)
        default: throw .refused(.hostUnknown)
        }
    }

    private func holds(_ request: inout HostRequest) throws(HostStop) -> Bool {
        let word = try request.name(0, 1)
        try request.pay(ContractPrices.look)
        guard let speaker, let role = MemberRole(word: String(decoding: word, as: UTF8.self)) else { return false }
        return speaker.member.roles.contains(role)
    }

    // MARK: Other contracts (CTR-19)

    private func call(_ request: inout HostRequest) throws(HostStop) -> UInt64 {
        let (name, method) = (try request.name(0, 1), try request.name(2, 3))
        let argument = try request.bytes(4, 5, max: ContractLimits.bytesMax, .hostBytesTooLong)
        try request.demand(out: 6, room: 7)
        // A transaction's price: the same is looked up.
        try request.pay(GasSchedule.transaction + GasSchedule.argumentByte * UInt64(argument.count))
        var reading: UInt64 = 0
        let found: Result<(callee: CallName, record: ContractRecord, code: CodeRecord), CallFailure>
        do throws(CallFailure) {
            found = .success(try callee(name, method, reading: &reading))
        } catch {
            found = .failure(error)
        }
        try request.pay(reading)
        let result: ContractResult
        do throws(CallFailure) {
            let (callee, record, code) = try found.get()
            let inner = ContractFrame(
                contract: callee.contract, method: callee.method, caller: frames[innermost].contract, argument: argument
            )
            result = run(.call, inner, record.code, code, gas: &request.gas)
        } catch {
            guard case .result(let code) = error else { throw .broken(error) }
            result = .refused(code, text: [])
        }
        switch result {
        case .answered(let answer): return try request.copy(answer, out: 6, room: 7)
        case .refused(let code, _): return UInt64(bitPattern: -Int64(code.value))
        case .broken(let failure): throw .broken(failure)
        }
    }

    /// The contract that is called, where the member behind the transaction may call it. A delegated key was let make
    /// the outermost call; what that does, the member does.
    /// - Parameter reading: what the policy that decides costs, whatever it decides: every method may have its own.
    private func callee(
        _ name: [UInt8], _ method: [UInt8], reading: inout UInt64
    ) throws(CallFailure) -> (callee: CallName, record: ContractRecord, code: CodeRecord) {
        guard frames.count < ContractLimits.framesMax else { throw .result(.contractsTooDeep) }
        guard let contract = Label(utf8: name), ContractName.fits(contract) else { throw .result(.unknownContract) }
        guard let method = Label(utf8: method) else { throw .result(.unknownMethod) }
        guard !frames.contains(where: { $0.contract == contract }) else { throw .result(.contractReentered) }
        guard let record = try find(ContractRecord.self, at: ContractsContract.contractKey(contract)) else {
            throw .result(.unknownContract)
        }
        let rule = try context.rule(calling: contract, method)
        reading = GasSchedule.policyByte * rule.policyBytes
        let allowed = try context.authorize(inner: contract, method, under: rule, by: speaker)
        guard allowed.isSuccess else { throw .result(allowed) }
        guard !record.isRetired else { throw .result(.contractRetired) }
        guard let code = try find(CodeRecord.self, at: ContractsContract.codeKey(record.code)) else {
            throw .store(.corrupt(what: "the code of a contract"))
        }
        return (CallName(contract: contract, method: method), record, code)
    }

    /// Reads a record of the register; it is paid for with the call.
    private func find<Value: Canonical>(_ type: Value.Type, at key: [UInt8]) throws(CallFailure) -> Value? {
        do {
            return try context.state.decoded(type, at: key)
        } catch {
            throw .store(error)
        }
    }
}

/// What a contract asks, with what it has left to pay for it.
struct HostRequest {
    private let arguments: HostArguments
    private let memory: ContractMemory
    var gas: Int64

    init(arguments: HostArguments, memory: ContractMemory, gas: Int64) {
        self.arguments = arguments
        self.memory = memory
        self.gas = gas
    }

    subscript(_ place: Int) -> UInt64 { arguments[place] }

    /// A length, as the contract gave it.
    func count(_ place: Int) -> UInt64 { UInt64(UInt32(truncatingIfNeeded: arguments[place])) }

    /// Pays in the chain's gas.
    mutating func pay(_ amount: UInt64) throws(HostStop) {
        gas -= Int64(amount) * ContractPrices.fine
        guard gas >= 0 else { throw .spent }
    }

    /// Bytes that two arguments name; the copy is paid for.
    /// - Parameter prefix: stands before them in what is returned; costs nothing.
    mutating func bytes(
        _ start: Int, _ count: Int, max: Int, _ refusal: ResultCode, behind prefix: [UInt8] = []
    ) throws(HostStop) -> [UInt8] {
        let (start, count) = (
            UInt32(truncatingIfNeeded: arguments[start]), UInt32(truncatingIfNeeded: arguments[count])
        )
        guard UInt64(count) <= UInt64(max) else { throw .refused(refusal) }
        guard memory.holds(at: start, count: count) else { throw .refused(.hostRange) }
        try pay(UInt64(count) / ContractPrices.copiedBytes)
        guard let bytes = memory.read(at: start, count: count, behind: prefix) else { throw .refused(.hostRange) }
        return bytes
    }

    mutating func name(_ start: Int, _ count: Int) throws(HostStop) -> [UInt8] {
        try bytes(start, count, max: ContractLimits.nameBytesMax, .hostNameUnfit)
    }

    /// Copies as much of a value as there is room for.
    /// - Returns: how long the value is.
    mutating func copy(_ value: [UInt8], out: Int, room: Int) throws(HostStop) -> UInt64 {
        try demand(out: out, room: room)
        let count = min(value.count, Int(UInt32(truncatingIfNeeded: arguments[room])))
        let start = UInt32(truncatingIfNeeded: arguments[out])
        try pay(UInt64(count) / ContractPrices.copiedBytes)
        guard memory.write(value, count: count, at: start) else { throw .refused(.hostRange) }
        return UInt64(value.count)
    }

    /// Asks for a range to be there before anything is done that would have to be undone.
    func demand(out: Int, room: Int) throws(HostStop) {
        try demand(out: out, count: Int(UInt32(truncatingIfNeeded: arguments[room])))
    }

    func demand(out: Int, count: Int) throws(HostStop) {
        let (start, count) = (UInt32(truncatingIfNeeded: arguments[out]), UInt32(count))
        guard memory.holds(at: start, count: count) else { throw .refused(.hostRange) }
    }

    func write(_ value: [UInt8], at out: Int) throws(HostStop) {
        guard memory.write(value, at: UInt32(truncatingIfNeeded: arguments[out])) else { throw .refused(.hostRange) }
    }

    /// What the first two arguments name, of functions where they do; nothing where that is outside.
    func subject(_ function: HostFunction) -> [UInt8] {
        switch function {
        case .get, .put, .remove, .emit, .holds, .call:
            let count = min(UInt32(truncatingIfNeeded: arguments[1]), UInt32(ContractLimits.keyBytesMax))
            return memory.read(at: UInt32(truncatingIfNeeded: arguments[0]), count: count) ?? []
        case .fail:
            let count = min(UInt32(truncatingIfNeeded: arguments[2]), UInt32(ContractLimits.failureBytesMax))
            return memory.read(at: UInt32(truncatingIfNeeded: arguments[1]), count: count) ?? []
        case .argument, .answer, .text, .number, .digest, .trace: return []
        }
    }
}
