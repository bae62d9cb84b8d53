// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
import ShangMi
import Storage

/// Why a call came to nothing.
enum CallFailure: Error {
    /// The chain's answer; the same on every machine.
    case result(ResultCode)
    /// This machine's trouble; execution of the block stops here and is tried again after a repair.
    case store(StoreError)
    /// This machine's trouble with running contracts; as above.
    case engine(EngineTrouble)
}

/// All a native contract can see and do during one call: who calls, in which block, and its own part of the
/// state.
///
/// No clock but the block's, no randomness, no other contract's keys; contracts of the platform read and write one
/// another's (EXEC-4).
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
    /// Names and data of the events, in bytes.
    private(set) var toldBytes = 0
    private(set) var index: [IndexEntry] = []
    /// What a contract said when it failed by a code of its own.
    var failureText: [UInt8] = []
    /// What is known of members and policies.
    var rights: RightsBook
    /// The member the sender speaks for, in calls of the platform's contracts.
    private(set) var subject: Subject?
    /// What contracts run on; nil where nothing that is asked here runs one.
    let machine: ContractMachine?
    /// Programs that were read.
    var shelf: ContractShelf
    /// Code that proposals of this block want to run one day, in order.
    private(set) var awaited: [Digest] = []
    /// Where contracts meet the chain, kept from call to call; nil while one runs, which would hold it for ever.
    var spareDesk: ContractDesk<Store>?
    /// Who looks on while contracts run; results do not depend on it.
    var watch: ((ContractStep) -> Void)?

    /// One context serves all calls of a block: handing the state from one to the next would copy it.
    init(
        block: Header, state: StateView<Store>, rights: RightsBook = RightsBook(), machine: ContractMachine? = nil,
        shelf: ContractShelf = ContractShelf()
    ) {
        contract = MembershipContract.contract
        sender = .zero
        place = EvidenceNumber(height: block.height, index: 0)
        time = block.timestamp
        self.state = state
        self.rights = rights
        self.machine = machine
        self.shelf = shelf
        gas = GasMeter(limit: Limits.transactionGasMax)
    }

    /// Starts the call of the transaction at `index`; what an earlier call left over is forgotten.
    mutating func begin(
        _ contract: Label, sender: AccountID, index: Int, gasMax: UInt64 = Limits.transactionGasMax
    ) {
        self.contract = contract
        self.sender = sender
        place = EvidenceNumber(height: place.height, index: UInt64(index))
        gas = GasMeter(limit: gasMax)
        cutEvents(to: 0)
        self.index = []
        failureText = []
        subject = nil
    }

    /// Starts work of the chain itself, which nobody pays for: it is bounded by what it works on.
    mutating func beginEffects() {
        begin(GovernanceContract.contract, sender: .zero, index: 0)
        gas = GasMeter(limit: .max)
    }

    mutating func speaks(for subject: Subject) { self.subject = subject }

    var height: Height { place.height }

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

    /// Reads a key of any contract of the platform.
    mutating func value(at key: [UInt8]) throws(CallFailure) -> [UInt8]? {
        try gas.charge(GasSchedule.read)
        do {
            return try state.value(for: key)
        } catch {
            throw .store(error)
        }
    }

    /// Writes or deletes a key of any contract of the platform; where it says who may do what, all that was known of
    /// that is forgotten.
    mutating func put(_ value: [UInt8]?, at key: [UInt8]) throws(CallFailure) {
        try gas.charge(GasSchedule.write + GasSchedule.writtenByte * UInt64(key.count + (value?.count ?? 0)))
        state.write(value, for: key)
        if RightsBook.restsOn(key) { rights.forget() }
    }

    /// Undoes the writes of the call in progress since a mark. What was read back of them never was: it is forgotten
    /// with them, and only then.
    mutating func undo(to mark: Int = 0) {
        if state.undo(to: mark, askingOfEach: RightsBook.restsOn) { rights.forget() }
    }

    mutating func emit(_ name: Label, _ data: [UInt8]) throws(CallFailure) {
        precondition(data.count <= Limits.eventBytesMax, "a native contract keeps its events small")
        try gas.charge(GasSchedule.event)
        tell(Event(contract: contract, name: name, data: data))
    }

    /// Adds an event that is paid for.
    mutating func tell(_ event: Event) {
        events.append(event)
        toldBytes += event.name.utf8.count + event.data.count
    }

    /// Forgets the events after the first so many.
    mutating func cutEvents(to count: Int) {
        for event in events[count...] { toldBytes -= event.name.utf8.count + event.data.count }
        events.removeLast(events.count - count)
    }

    mutating func note(awaited codes: [Digest]) { awaited += codes }

    /// The bytes of a record of the platform, paid for as one that is taken apart.
    mutating func recordBytes(at key: [UInt8]) throws(CallFailure) -> [UInt8]? {
        guard let bytes = try value(at: key) else { return nil }
        try gas.charge(UInt64(bytes.count) / GasSchedule.bytesDecoded)
        return bytes
    }

    /// A copy that holds nothing of what is read and written, to change places with this one: a second holder would
    /// make each write copy all of it.
    var hollow: CallContext {
        var hollow = self
        hollow.state.letGo()
        hollow.rights = RightsBook()
        hollow.shelf = ContractShelf()
        (hollow.events, hollow.index, hollow.awaited) = ([], [], [])
        return hollow
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

    /// Of a key that is a tag and more.
    static func of(_ contract: Label, _ tag: UInt8, _ rest: [UInt8]) -> [UInt8] {
        var encoder = Encoder(reserving: 2 + contract.utf8.count + rest.count)
        contract.encode(into: &encoder)
        encoder.u8(tag)
        encoder.raw(rest)
        return encoder.bytes
    }
}
