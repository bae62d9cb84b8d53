// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
import Storage

/// Why a call came to nothing.
enum CallFailure: Error {
    /// The chain's answer; the same on every machine.
    case result(ResultCode)
    /// This machine's trouble; execution of the block stops here and is tried again after a repair.
    case store(StoreError)
}

/// All a native contract can see and do during one call: who calls, in which block, and its own part of the
/// state.
///
/// No clock but the block's, no randomness, no other contract's keys.
struct CallContext<Store: KeyValueStore> {
    private(set) var contract: Label
    private(set) var sender: AccountID
    /// Where the transaction stands: the number of what it creates.
    private(set) var place: EvidenceNumber
    /// The block's timestamp.
    let time: Timestamp
    var state: StateView<Store>
    var gas: GasMeter
    private(set) var events: [Event] = []
    private(set) var index: [IndexEntry] = []
    /// The committee contract's own: the committee in force, once a call of this block has asked for it.
    var council: Council?

    /// One context serves all calls of a block: handing the state from one to the next would copy it.
    init(block: Header, state: StateView<Store>) {
        contract = MembershipContract.contract
        sender = .zero
        place = EvidenceNumber(height: block.height, index: 0)
        time = block.timestamp
        self.state = state
        gas = GasMeter(limit: Limits.transactionGasMax)
    }

    /// Starts the call of the transaction at `index`; what an earlier call left over is forgotten.
    mutating func begin(_ contract: Label, sender: AccountID, index: Int) {
        self.contract = contract
        self.sender = sender
        place = EvidenceNumber(height: place.height, index: UInt64(index))
        gas = GasMeter(limit: Limits.transactionGasMax)
        events = []
        self.index = []
    }

    mutating func value(for key: [UInt8]) throws(CallFailure) -> [UInt8]? {
        try gas.charge(GasSchedule.read)
        do {
            return try state.value(for: StateKey.of(contract, key))
        } catch {
            throw .store(error)
        }
    }

    mutating func write(_ value: [UInt8], for key: [UInt8]) throws(CallFailure) {
        try gas.charge(GasSchedule.write + GasSchedule.writtenByte * UInt64(key.count + value.count))
        state.write(value, for: StateKey.of(contract, key))
    }

    mutating func delete(_ key: [UInt8]) throws(CallFailure) {
        try gas.charge(GasSchedule.write + GasSchedule.writtenByte * UInt64(key.count))
        state.write(nil, for: StateKey.of(contract, key))
    }

    mutating func emit(_ name: Label, _ data: [UInt8]) throws(CallFailure) {
        precondition(data.count <= Limits.eventBytesMax, "a native contract keeps its events small")
        try gas.charge(GasSchedule.event)
        events.append(Event(contract: contract, name: name, data: data))
    }

    /// Makes the record found under a subject; costs no gas, for it is no part of the state.
    mutating func note(_ entry: IndexEntry) { index.append(entry) }
}

/// Keys of the state: a contract's name with its length in front, then the contract's own key (EXEC-4).
package enum StateKey {
    package static func of(_ contract: Label, _ key: [UInt8]) -> [UInt8] {
        var encoder = Encoder(reserving: 1 + contract.utf8.count + key.count)
        contract.encode(into: &encoder)
        encoder.raw(key)
        return encoder.bytes
    }
}
