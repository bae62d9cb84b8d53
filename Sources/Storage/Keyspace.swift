// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi

/// Every kind of key in a chain's store: one leading byte each, all here (docs/data.md, DATA-1).
///
/// Numbers in keys are big-endian and of fixed width, so that keys sort as numbers do.
enum Keyspace {
    static let meta: UInt8 = 0x01
    static let body: UInt8 = 0x02
    static let final: UInt8 = 0x03
    static let outcomes: UInt8 = 0x04
    static let transaction: UInt8 = 0x05
    static let history: UInt8 = 0x06
    static let index: UInt8 = 0x07
    static let evidence: UInt8 = 0x08
    /// Files of the archive, by the last height in each (ARCH-3).
    static let archive: UInt8 = 0x09
    /// What is left of blocks that have left, by height (ARCH-3).
    static let remains: UInt8 = 0x0a
    /// Names of the state's keys that people ask for as a whole (DATA-12).
    static let register: UInt8 = 0x0b
    /// Nodes of the state tree; `StateTree` divides what lies under it.
    static let state: UInt8 = 0x10

    static let specKey: [UInt8] = [meta, 0x73]
    static let executedKey: [UInt8] = [meta, 0x78]
    /// 'b': the snapshot this store began with, if it did.
    static let baseKey: [UInt8] = [meta, 0x62]

    /// 'r': that this store was restored from a file (BACK-8).
    static let restoredKey: [UInt8] = [meta, 0x72]

    /// 'i': that the register holds every name of the state (DATA-12).
    static let registerKey: [UInt8] = [meta, 0x69]

    /// 'h': the height up to which blocks have left the store (ARCH-3).
    static let horizonKey: [UInt8] = [meta, 0x68]

    /// 'e': how epochs ended, by the number of the one that did.
    static let handoverPrefix: [UInt8] = [meta, 0x65]
    /// The first key after all handovers.
    static let handoverEnd: [UInt8] = [meta, 0x66]

    static func handover(ending epoch: Epoch) -> [UInt8] {
        var encoder = Encoder(reserving: 10)
        encoder.raw(handoverPrefix)
        encoder.u64(epoch.value)
        return encoder.bytes
    }

    static func key(_ space: UInt8, _ height: Height) -> [UInt8] {
        var encoder = Encoder(reserving: 9)
        encoder.u8(space)
        encoder.u64(height.value)
        return encoder.bytes
    }

    static func body(_ height: Height, _ block: BlockID) -> [UInt8] {
        var encoder = Encoder(reserving: 9 + Digest.byteCount)
        encoder.u8(body)
        encoder.u64(height.value)
        block.encode(into: &encoder)
        return encoder.bytes
    }

    static func evidence(_ epoch: Epoch, _ culprit: ValidatorIndex, _ digest: Digest) -> [UInt8] {
        var encoder = Encoder(reserving: 48)
        encoder.u8(evidence)
        encoder.u64(epoch.value)
        encoder.u8(UInt8(culprit.value))
        digest.encode(into: &encoder)
        return encoder.bytes
    }

    static func transaction(_ id: TransactionID) -> [UInt8] {
        var encoder = Encoder(reserving: 1 + Digest.byteCount)
        encoder.u8(transaction)
        id.encode(into: &encoder)
        return encoder.bytes
    }

    static func history(level: UInt8, index: UInt64) -> [UInt8] {
        var encoder = Encoder(reserving: 10)
        encoder.u8(history)
        encoder.u8(level)
        encoder.u64(index)
        return encoder.bytes
    }
}

/// Which secondary index, chosen by the contract that writes to it.
package enum IndexSpace: UInt8, Sendable {
    case evidenceByDigest = 1
    case evidenceByDepositor = 2
}

/// A secondary index entry: a subject, and where on the chain it came up. Not part of the proven state; it
/// can be rebuilt from the blocks.
package struct IndexEntry: Hashable, Sendable {
    package let space: IndexSpace
    package let subject: Digest
    package let place: EvidenceNumber

    package init(space: IndexSpace, subject: Digest, place: EvidenceNumber) {
        self.space = space
        self.subject = subject
        self.place = place
    }

    static func prefix(_ space: IndexSpace, _ subject: Digest) -> [UInt8] {
        [Keyspace.index, space.rawValue] + subject.bytes
    }

    static func key(_ space: IndexSpace, _ subject: Digest, _ place: EvidenceNumber) -> [UInt8] {
        var encoder = Encoder(reserving: 48)
        encoder.u8(Keyspace.index)
        encoder.u8(space.rawValue)
        subject.encode(into: &encoder)
        encoder.u64(place.height.value)
        encoder.u32(UInt32(truncatingIfNeeded: place.index))
        return encoder.bytes
    }

    var key: [UInt8] { IndexEntry.key(space, subject, place) }
    /// Sorts as `key` does, without making it.
    var order: (UInt8, Digest, EvidenceNumber) { (space.rawValue, subject, place) }

    static func place(ofKey key: [UInt8]) throws(DecodeError) -> EvidenceNumber {
        var decoder = Decoder(key)
        _ = try decoder.raw(count: 2 + Digest.byteCount)
        let start = decoder.offset
        let height = try decoder.u64()
        guard height <= Height.max else { throw .outOfRange(offset: start, limit: Height.max) }
        let place = EvidenceNumber(height: Height(height), index: UInt64(try decoder.u32()))
        try decoder.finish()
        return place
    }
}
