// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// Something a contract wants the world to know.
package struct Event: Hashable, Sendable, Canonical {
    package let contract: Label
    package let name: Label
    package let data: [UInt8]

    package init(contract: Label, name: Label, data: [UInt8]) {
        self.contract = contract
        self.name = name
        self.data = data
    }

    package func encode(into encoder: inout Encoder) {
        contract.encode(into: &encoder)
        name.encode(into: &encoder)
        encoder.bytes(data)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        contract = try Label(from: &decoder)
        name = try Label(from: &decoder)
        data = try decoder.bytes(max: Limits.eventBytesMax)
    }
}

/// What executing one transaction came to.
package struct Outcome: Hashable, Sendable, Canonical {
    package let code: ResultCode
    package let gasUsed: Gas
    /// What the method returned, nothing where it failed.
    package let output: [UInt8]
    package let events: [Event]

    package init(code: ResultCode, gasUsed: Gas, output: [UInt8], events: [Event]) {
        self.code = code
        self.gasUsed = gasUsed
        self.output = output
        self.events = events
    }

    package func encode(into encoder: inout Encoder) {
        code.encode(into: &encoder)
        gasUsed.encode(into: &encoder)
        encoder.bytes(output)
        encoder.list(events)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        code = try ResultCode(from: &decoder)
        gasUsed = try Gas(from: &decoder)
        output = try decoder.bytes(max: Limits.outputBytesMax)
        events = try decoder.list(of: Event.self, max: Limits.eventsMax)
    }
}

/// An outcome and the place in the chain where it came about: a leaf of a block's receipts tree.
/// - Spec: LED-14.
package struct Receipt: Hashable, Sendable, Canonical {
    package let transaction: TransactionID
    package let height: Height
    /// Position in the block, from 0.
    package let index: UInt64
    package let outcome: Outcome

    package init(transaction: TransactionID, height: Height, index: UInt64, outcome: Outcome) {
        self.transaction = transaction
        self.height = height
        self.index = index
        self.outcome = outcome
    }

    package func encode(into encoder: inout Encoder) {
        transaction.encode(into: &encoder)
        height.encode(into: &encoder)
        encoder.number(index)
        outcome.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        transaction = try TransactionID(from: &decoder)
        height = try Height(from: &decoder)
        index = try decoder.number(max: UInt64(Limits.payloadTransactionsMax - 1))
        outcome = try Outcome(from: &decoder)
    }
}
