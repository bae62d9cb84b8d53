// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// A count of something on a chain, told apart from every other count by `Kind`; below 2^62 so that no sum
/// wraps.
///
/// `next` may trap (a chain does not reach 2^62 blocks); `advanced(by:)` gives nil; nothing wraps silently.
package struct Ordinal<Kind>: Hashable, Comparable, Sendable, Canonical {
    package let value: UInt64

    @inlinable package static var max: UInt64 { 1 << 62 - 1 }
    @inlinable package static var zero: Ordinal { Ordinal(0) }

    @inlinable package init(_ value: UInt64) {
        precondition(value <= Ordinal.max, "an ordinal stays below 2^62")
        self.value = value
    }

    @inlinable package var next: Ordinal { Ordinal(value + 1) }

    /// The ordinal before this one, nil at zero.
    package var previous: Ordinal? { value == 0 ? nil : Ordinal(value - 1) }

    package func advanced(by distance: UInt64) -> Ordinal? {
        let (sum, overflow) = value.addingReportingOverflow(distance)
        return overflow || sum > Ordinal.max ? nil : Ordinal(sum)
    }

    @inlinable package static func == (left: Ordinal, right: Ordinal) -> Bool { left.value == right.value }
    @inlinable package static func < (left: Ordinal, right: Ordinal) -> Bool { left.value < right.value }
    // What would follow from these two is asked through the conformance, each time, in every other module.
    @inlinable package static func != (left: Ordinal, right: Ordinal) -> Bool { left.value != right.value }
    @inlinable package static func > (left: Ordinal, right: Ordinal) -> Bool { left.value > right.value }
    @inlinable package static func <= (left: Ordinal, right: Ordinal) -> Bool { left.value <= right.value }
    @inlinable package static func >= (left: Ordinal, right: Ordinal) -> Bool { left.value >= right.value }
    @inlinable package func hash(into hasher: inout Hasher) { hasher.combine(value) }

    package func encode(into encoder: inout Encoder) { encoder.number(value) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        value = try decoder.number(max: Ordinal.max)
    }
}

package enum HeightKind: Sendable {}
package enum ViewKind: Sendable {}
package enum EpochKind: Sendable {}
package enum TimestampKind: Sendable {}
package enum GasKind: Sendable {}

/// Position of a block in its chain; genesis is 0.
package typealias Height = Ordinal<HeightKind>
/// Number of a round of voting within an epoch; the first is 1, view 0 is the epoch's starting point.
package typealias View = Ordinal<ViewKind>
/// Number of a committee; the founding one is 0.
package typealias Epoch = Ordinal<EpochKind>
/// Milliseconds since 1970-01-01 UTC, leap seconds not counted.
package typealias Timestamp = Ordinal<TimestampKind>
/// Units of execution cost (EXEC-7).
package typealias Gas = Ordinal<GasKind>

/// A digest that names something, told apart by `Kind` from digests that name other things.
package struct Identifier<Kind>: Hashable, Comparable, Sendable, Canonical {
    package let digest: Digest

    @inlinable package init(_ digest: Digest) { self.digest = digest }

    package static var zero: Identifier { Identifier(.zero) }

    /// - Returns: nil unless there are exactly 64 hexadecimal digits.
    package init?(hex: String) {
        guard let digest = Digest(hex: hex) else { return nil }
        self.digest = digest
    }

    package var hex: String { digest.hex }

    @inlinable package static func == (left: Identifier, right: Identifier) -> Bool { left.digest == right.digest }
    // As above: what would follow is asked through the conformance.
    @inlinable package static func != (left: Identifier, right: Identifier) -> Bool { !(left.digest == right.digest) }
    @inlinable package static func < (left: Identifier, right: Identifier) -> Bool { left.digest < right.digest }
    @inlinable package func hash(into hasher: inout Hasher) { digest.hash(into: &hasher) }

    package func encode(into encoder: inout Encoder) { digest.encode(into: &encoder) }

    package init(from decoder: inout Decoder) throws(DecodeError) { digest = try Digest(from: &decoder) }
}

package enum ChainKind: Sendable {}
package enum TransactionKind: Sendable {}
package enum BlockKind: Sendable {}
package enum AccountKind: Sendable {}
package enum CommitteeKind: Sendable {}

/// Digest of a chain's founding specification (LED-2).
package typealias ChainID = Identifier<ChainKind>
/// Digest of a transaction's signed part: its name for ever (LED-4).
package typealias TransactionID = Identifier<TransactionKind>
/// Digest of a block's header (LED-6).
package typealias BlockID = Identifier<BlockKind>
/// Digest of a public key (LED-3).
package typealias AccountID = Identifier<AccountKind>
/// Digest of a committee with its parameters; part of every signed ballot (LED-8).
package typealias CommitteeID = Identifier<CommitteeKind>

/// First byte of every message that is hashed, so that no two kinds of thing can share a digest (LED-1).
package enum HashDomain {
    /// Leaf of a Merkle tree over a list.
    package static let leaf: UInt8 = 0x00
    /// Inner node of any Merkle tree.
    package static let node: UInt8 = 0x01
    // 0x02 to 0x04 belong to the state tree (`StateRule`).
    /// Root of a Merkle tree over a list: the top and the number of leaves.
    package static let root: UInt8 = 0x05
    package static let transaction: UInt8 = 0x10
    package static let header: UInt8 = 0x11
    package static let committee: UInt8 = 0x12
    package static let chain: UInt8 = 0x13
    package static let account: UInt8 = 0x14
    package static let trust: UInt8 = 0x15
    package static let motion: UInt8 = 0x16
    /// Of a founding: the agreement, what an organisation brings, the genesis before it is signed, a person.
    package static let consortium: UInt8 = 0x17
    package static let contribution: UInt8 = 0x18
    package static let draft: UInt8 = 0x19
    package static let person: UInt8 = 0x1a
}

extension AccountID {
    /// The account a public key speaks for.
    package init(_ key: SM2.PublicKey) { self.init(SM3.hash(HashDomain.account, key.bytes.span)) }
}

/// A short text as its UTF-8 bytes, compared byte by byte.
///
/// Not a `String`: two strings may be equal in Swift and differ in bytes, and then two machines could
/// disagree on which key of the state is meant. Characters that break a line or turn its direction are
/// refused, so a label can be shown on one line and reads as it is written (LED-9).
package struct Label: Hashable, Comparable, Sendable, Canonical {
    package let utf8: [UInt8]

    /// - Returns: nil for more than `Limits.labelBytesMax` bytes, for bytes that are not UTF-8, or a refused
    ///   character.
    package init?(utf8: [UInt8]) {
        guard utf8.count <= Limits.labelBytesMax, Label.isPlainText(utf8) else { return nil }
        self.utf8 = utf8
    }

    package init?(_ text: String) { self.init(utf8: [UInt8](text.utf8)) }

    /// A label from a literal in our own source.
    package init(literal text: StaticString) {
        guard let label = Label("\(text)") else { preconditionFailure("a literal label is plain and short") }
        self = label
    }

    package var text: String { String(decoding: utf8, as: UTF8.self) }
    package var isEmpty: Bool { utf8.isEmpty }

    private static func isPlainText(_ bytes: [UInt8]) -> Bool {
        for byte in bytes where byte < 0x20 || byte == 0x7f { return false }
        // Nothing else is forbidden among the characters of one byte.
        guard bytes.contains(where: { $0 >= 0x80 }) else { return true }
        guard UTF8Check.isValid(bytes) else { return false }
        return !bytes.indices.contains { isUnruly(bytes[$0...].prefix(3)) }
    }

    /// U+0080-U+009F (controls; one of them is a line break), U+2028 and U+2029 (line and paragraph
    /// separators), U+202A-U+202E and U+2066-U+2069 (they turn the direction of what follows), as they start
    /// in valid UTF-8.
    private static func isUnruly(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, first == 0xc2 || first == 0xe2 else { return false }
        let second = bytes[bytes.startIndex + 1]
        if first == 0xc2 { return second <= 0x9f }
        let third = bytes[bytes.startIndex + 2]
        return second == 0x80 && (0xa8...0xae).contains(third)
            || second == 0x81 && (0xa6...0xa9).contains(third)
    }

    package static func < (left: Label, right: Label) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    package func encode(into encoder: inout Encoder) { encoder.bytes(utf8) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        guard let label = Label(utf8: try decoder.bytes(max: Limits.labelBytesMax)) else {
            throw .notCanonical(offset: start)
        }
        self = label
    }
}

/// Well-formed UTF-8 (RFC 3629): shortest forms only, no surrogates, nothing above U+10FFFF.
enum UTF8Check {
    static func isValid(_ bytes: [UInt8]) -> Bool {
        var index = 0
        while index < bytes.count {
            let first = bytes[index]
            if first < 0x80 {
                index += 1
                continue
            }
            guard let (length, second) = shape(first), index + length <= bytes.count,
                second.contains(bytes[index + 1])
            else { return false }
            for follower in bytes[(index + 2)..<(index + length)] where follower & 0xc0 != 0x80 {
                return false
            }
            index += length
        }
        return true
    }

    /// The length of a sequence from its first byte, and the range its second byte must lie in.
    private static func shape(_ first: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
        switch first {
        case 0xc2...0xdf: (2, 0x80...0xbf)
        case 0xe0: (3, 0xa0...0xbf)
        case 0xed: (3, 0x80...0x9f)
        case 0xe1...0xef: (3, 0x80...0xbf)
        case 0xf0: (4, 0x90...0xbf)
        case 0xf1...0xf3: (4, 0x80...0xbf)
        case 0xf4: (4, 0x80...0x8f)
        default: nil
        }
    }
}
