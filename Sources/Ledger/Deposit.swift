// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// How the deposited data was obtained (存证方式; requirements.md 3.2).
package enum CaptureMethod: UInt8, Sendable, CaseIterable {
    case upload = 1
    case webPage = 2
    case screenRecording = 3
    case interface = 4
}

/// What a depositor asks to be put on record: a digest and what it is a digest of. Never the content.
/// - Spec: EVID-1.
package struct Deposit: Hashable, Sendable, Canonical {
    package static let contract = Label(literal: "evidence")
    package static let method = Label(literal: "deposit")
    /// The only digest algorithm there is: SM3 (SGD_SM3).
    package static let digestAlgorithm: UInt8 = 1

    package let businessType: Label
    package let title: Label
    package let digest: Digest
    /// Bytes of the original.
    package let size: UInt64
    package let mediaType: Label
    package let capture: CaptureMethod

    package init(
        businessType: Label, title: Label, digest: Digest, size: UInt64, mediaType: Label,
        capture: CaptureMethod
    ) {
        self.businessType = businessType
        self.title = title
        self.digest = digest
        self.size = size
        self.mediaType = mediaType
        self.capture = capture
    }

    package func encode(into encoder: inout Encoder) {
        businessType.encode(into: &encoder)
        title.encode(into: &encoder)
        encoder.u8(Deposit.digestAlgorithm)
        digest.encode(into: &encoder)
        encoder.number(size)
        mediaType.encode(into: &encoder)
        encoder.u8(capture.rawValue)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        businessType = try Label(from: &decoder)
        title = try Label(from: &decoder)
        let start = decoder.offset
        let algorithm = try decoder.u8()
        guard algorithm == Deposit.digestAlgorithm else { throw .unknownTag(offset: start, tag: algorithm) }
        digest = try Digest(from: &decoder)
        size = try decoder.number()
        mediaType = try Label(from: &decoder)
        let last = decoder.offset
        let tag = try decoder.u8()
        guard let capture = CaptureMethod(rawValue: tag) else { throw .unknownTag(offset: last, tag: tag) }
        self.capture = capture
    }
}

/// Where a record was first made: a block and a place in it. Short enough to read out, and nobody can choose
/// it (EVID-3).
package struct EvidenceNumber: Hashable, Comparable, Sendable, Canonical {
    package let height: Height
    package let index: UInt64

    package init(height: Height, index: UInt64) {
        self.height = height
        self.index = index
    }

    /// The form people see: E, the height, a dash, the place: `E1024-7`.
    package var text: String { "E\(height.value)-\(index)" }

    /// - Returns: nil for anything but the exact form `text` gives.
    package init?(text: String) {
        guard text.utf8.first == 0x45 else { return nil }
        let parts = text.dropFirst().split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let height = UInt64(parts[0]), height <= Height.max,
            let index = UInt64(parts[1]),
            index < UInt64(Limits.payloadTransactionsMax)
        else { return nil }
        self.init(height: Height(height), index: index)
        guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
    }

    package static func < (left: EvidenceNumber, right: EvidenceNumber) -> Bool {
        (left.height, left.index) < (right.height, right.index)
    }

    package func encode(into encoder: inout Encoder) {
        height.encode(into: &encoder)
        encoder.number(index)
    }

    /// The canonical bytes, in no more room than they take: kept by the million, one a transaction.
    package var encoded: [UInt8] {
        var encoder = Encoder(reserving: 16)
        encode(into: &encoder)
        return encoder.bytes
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        height = try Height(from: &decoder)
        index = try decoder.number(max: UInt64(Limits.payloadTransactionsMax - 1))
    }
}

/// What a deposit returns: the record's number and the time of its block; of the first record where it was a
/// repeat.
/// - Spec: EVID-2, EVID-6.
package struct DepositReply: Hashable, Sendable, Canonical {
    package let number: EvidenceNumber
    package let recorded: Timestamp
    /// True where the same depositor had deposited the same digest before.
    package let repeated: Bool

    package init(number: EvidenceNumber, recorded: Timestamp, repeated: Bool) {
        self.number = number
        self.recorded = recorded
        self.repeated = repeated
    }

    package func encode(into encoder: inout Encoder) {
        number.encode(into: &encoder)
        recorded.encode(into: &encoder)
        encoder.flag(repeated)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        number = try EvidenceNumber(from: &decoder)
        recorded = try Timestamp(from: &decoder)
        repeated = try decoder.flag()
    }
}

/// A record as the chain keeps it.
package struct EvidenceRecord: Hashable, Sendable, Canonical {
    package let number: EvidenceNumber
    package let recorded: Timestamp
    package let depositor: AccountID
    package let deposit: Deposit
    /// Notes added since; each is its own value in the state (EVID-5).
    package let noteCount: UInt64

    package init(
        number: EvidenceNumber, recorded: Timestamp, depositor: AccountID, deposit: Deposit, noteCount: UInt64
    ) {
        self.number = number
        self.recorded = recorded
        self.depositor = depositor
        self.deposit = deposit
        self.noteCount = noteCount
    }

    package func encode(into encoder: inout Encoder) {
        number.encode(into: &encoder)
        recorded.encode(into: &encoder)
        depositor.encode(into: &encoder)
        deposit.encode(into: &encoder)
        encoder.number(noteCount)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        number = try EvidenceNumber(from: &decoder)
        recorded = try Timestamp(from: &decoder)
        depositor = try AccountID(from: &decoder)
        deposit = try Deposit(from: &decoder)
        noteCount = try decoder.number(max: UInt64(UInt32.max))
    }

    /// 'r', the first byte of a record's key.
    package static let recordTag: UInt8 = 0x72

    /// Key of a record within the contract's part of the state: 'r', the digest, the depositor (EVID-4).
    package static func key(digest: Digest, depositor: AccountID) -> [UInt8] {
        var encoder = Encoder(reserving: 1 + 2 * Digest.byteCount)
        encoder.u8(recordTag)
        digest.encode(into: &encoder)
        depositor.encode(into: &encoder)
        return encoder.bytes
    }

    /// Key of a note: 'n', the digest, the depositor, the note's number.
    package static func noteKey(digest: Digest, depositor: AccountID, note: UInt64) -> [UInt8] {
        var encoder = Encoder(reserving: 80)
        encoder.u8(0x6e)
        digest.encode(into: &encoder)
        depositor.encode(into: &encoder)
        encoder.u32(UInt32(truncatingIfNeeded: note))
        return encoder.bytes
    }
}

/// A remark added to a record: only ever added, never changed (EVID-5).
package struct EvidenceNote: Hashable, Sendable, Canonical {
    package static let method = Label(literal: "annotate")

    package let author: AccountID
    package let recorded: Timestamp
    package let text: [UInt8]

    package init(author: AccountID, recorded: Timestamp, text: [UInt8]) {
        self.author = author
        self.recorded = recorded
        self.text = text
    }

    package func encode(into encoder: inout Encoder) {
        author.encode(into: &encoder)
        recorded.encode(into: &encoder)
        encoder.bytes(text)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        author = try AccountID(from: &decoder)
        recorded = try Timestamp(from: &decoder)
        let start = decoder.offset
        text = try decoder.bytes(max: Limits.noteBytesMax)
        guard UTF8Check.isValid(text) else { throw .notCanonical(offset: start) }
    }
}

/// Arguments of `evidence.annotate`: which of the sender's records, and the remark.
package struct Annotation: Hashable, Sendable, Canonical {
    package let digest: Digest
    package let text: [UInt8]

    package init(digest: Digest, text: [UInt8]) {
        self.digest = digest
        self.text = text
    }

    package func encode(into encoder: inout Encoder) {
        digest.encode(into: &encoder)
        encoder.bytes(text)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        digest = try Digest(from: &decoder)
        let start = decoder.offset
        text = try decoder.bytes(max: Limits.noteBytesMax)
        guard UTF8Check.isValid(text) else { throw .notCanonical(offset: start) }
    }
}
