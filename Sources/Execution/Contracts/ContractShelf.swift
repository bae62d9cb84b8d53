// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Storage

/// Keeps programs of contracts from block to block, so that a module is read and instrumented once.
///
/// What is here is what the state says under the same name, so nothing depends on what was forgotten but time: gas is
/// charged as if nothing were here.
package struct ContractShelf: Sendable {
    /// Of all programs together; those used longest ago go first.
    package static let bytesMax = 128 << 20

    private struct Place {
        let program: ContractProgram
        /// The count of all uses when this one was last used.
        var lastUse: UInt64
    }

    private var places: [Digest: Place] = [:]
    private var bytes = 0
    private var uses: UInt64 = 0
    /// Records as they were last taken apart: most calls of a block meet the same ones.
    var contracts = LastDecoded<ContractRecord>()
    var codes = LastDecoded<CodeRecord>()
    var rules = LastDecoded<RuleSchedule>()

    package init() {}

    /// By the digest of the module as it was uploaded.
    mutating func program(_ code: Digest) -> ContractProgram? {
        guard let index = places.index(forKey: code) else { return nil }
        uses += 1
        places.values[index].lastUse = uses
        return places.values[index].program
    }

    mutating func keep(_ program: ContractProgram, of code: Digest) {
        guard places[code] == nil else { return }
        while bytes + program.bytes.count > ContractShelf.bytesMax,
            let oldest = places.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            bytes -= oldest.value.program.bytes.count
            places[oldest.key] = nil
        }
        uses += 1
        places[code] = Place(program: program, lastUse: uses)
        bytes += program.bytes.count
    }
}

extension StateView {
    /// A module's bytes as they were uploaded; by its record.
    mutating func module(_ code: Digest, _ record: CodeRecord) throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(record.size)
        for slice in 0..<record.slices {
            guard let part = try value(for: ContractsContract.sliceKey(code, slice)) else {
                throw .corrupt(what: "a part of a contract's module")
            }
            bytes += part
        }
        return bytes
    }

    /// The program of code that is published.
    mutating func program(of code: Digest, _ record: CodeRecord) throws(ExecutionTrouble) -> ContractProgram {
        let bytes: [UInt8]
        do throws(StoreError) { bytes = try module(code, record) } catch { throw .store(error) }
        if let program = ModuleGate.program(of: bytes), program.digest == record.program { return program }
        // Bytes that are the published ones passed once, where the chain's nodes had them instrumented.
        guard SM3.hash(bytes) == code else { throw .store(.corrupt(what: "a contract's module")) }
        throw .engine(
            EngineTrouble(
                what: "this program makes something else of the published module \(code.hex) than the chain has",
                heals: false, needsOtherProgram: true))
    }
}

extension CallContext {
    /// As the state's, remembered.
    mutating func program(of code: Digest, _ record: CodeRecord) throws(CallFailure) -> ContractProgram {
        if let known = shelf.program(code) { return known }
        do throws(ExecutionTrouble) {
            let program = try state.program(of: code, record)
            shelf.keep(program, of: code)
            return program
        } catch {
            switch error {
            case .store(let flaw): throw .store(flaw)
            case .engine(let trouble): throw .engine(trouble)
            }
        }
    }
}
