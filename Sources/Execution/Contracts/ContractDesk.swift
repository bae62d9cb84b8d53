// SPDX-License-Identifier: Apache-2.0
import Ledger
import ShangMi
import Storage

/// A contract that is running.
struct ContractFrame {
    let contract: Label
    let method: Label
    /// The contract that called it; empty where none did.
    let caller: Label
    let argument: [UInt8]
    /// What its keys of the whole state begin with.
    let keysBegin: [UInt8]
    var answer: [UInt8] = []
    var events = 0

    init(contract: Label, method: Label, caller: Label, argument: [UInt8]) {
        self.contract = contract
        self.method = method
        self.caller = caller
        self.argument = argument
        keysBegin = StateKey.of(contract, [])
    }
}

/// How a run ended, for whoever asked for it.
enum ContractResult {
    case answered([UInt8])
    /// The chain's answer, with the contract's own words where it has a code of its own. What it wrote is undone.
    case refused(ResultCode, text: [UInt8])
    /// This machine's trouble: everything ends here.
    case broken(CallFailure)
}

/// Where running contracts meet the chain: holds the state while they run, and answers what they ask.
///
/// It serves a block's calls from outside one after the other; contracts that call each other share it.
/// - Spec: CTR-14 to CTR-24.
final class ContractDesk<Store: KeyValueStore>: ContractHost {
    var context: CallContext<Store>
    let machine: ContractMachine
    /// Whose call it is; nil where governance runs the code.
    private(set) var speaker: Subject?
    /// Innermost last.
    var frames: [ContractFrame] = []
    /// Why the innermost run was told to stop.
    var reason: HostStop?

    init(_ context: CallContext<Store>, _ machine: ContractMachine, speaker: Subject?) {
        self.context = context
        self.machine = machine
        self.speaker = speaker
    }

    /// Begins the next call: nothing is left of the one before, however it ended.
    func begin(for speaker: Subject?) {
        self.speaker = speaker
        frames.removeAll(keepingCapacity: true)
        reason = nil
    }

    /// Runs an entry of a contract to its end, on whatever stands in the state; a failed run is undone.
    /// - Parameter gas: in the engine's units; what is left stays, at least 0.
    func run(
        _ entry: ContractEntry, _ frame: ContractFrame, _ code: Digest, _ record: CodeRecord, gas: inout Int64
    ) -> ContractResult {
        gas -= ContractDesk.price(of: record) * ContractPrices.fine
        guard gas >= 0 else {
            gas = 0
            return .refused(.contractGas, text: [])
        }
        let (mark, told) = (context.state.mark, context.events.count)
        let end: ContractRun
        do throws(CallFailure) {
            let engine = try machine.ready()
            let program = try context.program(of: code, record)
            frames.append(frame)
            end = try engine.run(program, entry: entry, gas: gas, for: self)
        } catch {
            return .broken(error)
        }
        guard let ended = frames.popLast() else { preconditionFailure("a run ends in the frame it began with") }
        gas = max(0, end.gasLeft)
        let reason = self.reason
        self.reason = nil
        let result = ContractDesk.result(of: end.end, reason, answer: ended.answer)
        if case .answered = result { return result }
        context.undo(to: mark)
        context.cutEvents(to: told)
        return result
    }

    /// What beginning a run costs, whatever this machine has at hand.
    private static func price(of record: CodeRecord) -> Int64 {
        let size = UInt64(record.size) / ContractPrices.codeBytes
        return Int64(ContractPrices.run + size + ContractPrices.page * UInt64(record.pages))
    }

    private static func result(of end: ContractEnd, _ reason: HostStop?, answer: [UInt8]) -> ContractResult {
        // A trouble that was met inside ends everything, however the engine unwinds.
        if case .broken(let failure) = reason { return .broken(failure) }
        switch end {
        case .returned: return .answered(answer)
        case .outOfGas: return .refused(.contractGas, text: [])
        case .tooDeep: return .refused(.contractTooDeep, text: [])
        case .trapped(let kind): return .refused(kind.code, text: [])
        case .stopped:
            switch reason {
            case .refused(let code, let text): return .refused(code, text: text)
            case .spent: return .refused(.contractGas, text: [])
            case .broken, nil:
                return .broken(.engine(EngineTrouble(what: "the engine stopped a run by itself", heals: false)))
            }
        }
    }
}

extension ContractEngine {
    fileprivate func run(
        _ program: ContractProgram, entry: ContractEntry, gas: Int64, for host: any ContractHost
    ) throws(CallFailure) -> ContractRun {
        do throws(EngineTrouble) {
            return try run(program, entry: entry, gas: gas, depth: ContractLimits.depth, host: host)
        } catch {
            throw .engine(error)
        }
    }
}

extension TrapKind {
    var code: ResultCode {
        switch self {
        case .unreachable: .trapUnreachable
        case .memory: .trapMemory
        case .table: .trapTable
        case .division: .trapDivision
        case .overflow: .trapOverflow
        case .indirect: .trapIndirect
        }
    }
}
