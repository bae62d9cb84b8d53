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
    mutating func program(of code: Digest, _ record: CodeRecord) throws(StoreError) -> ContractProgram {
        guard let program = ModuleGate.program(of: try module(code, record)), program.digest == record.program else {
            throw .corrupt(what: "a contract's module")
        }
        return program
    }
}

extension CallContext {
    /// As the state's, remembered.
    mutating func program(of code: Digest, _ record: CodeRecord) throws(CallFailure) -> ContractProgram {
        if let known = shelf.program(code) { return known }
        do {
            let program = try state.program(of: code, record)
            shelf.keep(program, of: code)
            return program
        } catch {
            throw .store(error)
        }
    }
}
