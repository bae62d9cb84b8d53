// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// A file that organisations hand each other while they found a chain: public, versioned, bounded.
///
/// Four bytes say what it is and a fifth its version, so that whoever reads it can tell a wrong file from a newer one.
/// - Spec: FOUND-8.
package protocol FoundingFile: Canonical {
    /// "JD" and two letters.
    static var magic: [UInt8] { get }
    static var bytesMax: Int { get }
}

extension FoundingFile {
    package static var version: UInt8 { 1 }

    /// Reads a file whole.
    /// - Throws: `.foundingOversized`, `.foundingMalformed` with the byte where it stops making sense,
    ///   `.foundingVersion`.
    package static func read(_ bytes: [UInt8]) throws(FoundingFlaw) -> Self {
        guard bytes.count <= bytesMax else {
            throw FoundingFlaw(.foundingOversized, ["> \(bytesMax)"])
        }
        guard bytes.starts(with: magic), bytes.count > magic.count else {
            throw FoundingFlaw(.foundingMalformed, ["0"])
        }
        let found = bytes[magic.count]
        guard found == version else { throw FoundingFlaw(.foundingVersion, ["\(found)", "\(version)"]) }
        do { return try Self(decoding: bytes) } catch {
            throw FoundingFlaw(.foundingMalformed, ["\(error.offset)"])
        }
    }

    static func head(into encoder: inout Encoder) {
        encoder.raw(magic)
        encoder.u8(version)
    }

    static func head(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        guard try decoder.raw(count: magic.count) == magic else { throw .notCanonical(offset: start) }
        let place = decoder.offset
        let found = try decoder.u8()
        guard found == version else { throw .unknownTag(offset: place, tag: found) }
    }
}
