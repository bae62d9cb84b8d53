// SPDX-License-Identifier: Apache-2.0

/// What a module's section `jd.description` says: JSON as it stands, or packed as an LZ4 block with a dictionary.
///
/// No rule of a chain reads it: only whoever shows a contract to somebody. It comes from whoever published the module,
/// so a liar's section is at most said to say nothing.
/// - Spec: KIT-25.
package enum DescriptionSection {
    /// The first byte of a packed description; JSON begins with no such byte.
    private static let packed: UInt8 = 1
    /// A description's bytes at most (KIT-11).
    package static let textMax = 65_536

    /// What descriptions are made of; a match may reach back into it.
    private static let dictionary = [UInt8](
        (#"{"built":"swift-6.3.1-RELEASE, ContractKit 1","errors":[{"code":1,"en":""#
            + #"","events":[{"body":{"of":"","record":[{"name":"","type":"digest"},{"list":"bytes"},"#
            + #"{"choice":[{"name":"","tag":0},{"optional":""}],"kit":1,"#
            + #""methods":[{"answer":null,"arguments":[{"en":"","name":"","type":"number","zh":""#
            + #""}],"en":"","kind":"change","name":"","zh":""},"#
            + #"{"answer":"text","arguments":[],"en":"","kind":"view","name":""#
            + #""}],"migrates":false,"name":"","start":[],"#
            + #""state":[{"en":"","holds":"cell","key":null,"name":"","value":"text","zh":""#
            + #""},"holds":"map","key":"moment"signed"flag"journal"index"set"counter","#
            + #""title":{"en":"","zh":""},"version":1}"#).utf8)

    /// The description in a section's content.
    /// - Returns: nil where it is packed and the packing holds no text of at most `textMax` bytes.
    /// - Cost: linear in what it gives.
    package static func text(_ section: [UInt8]) -> [UInt8]? {
        section.first == packed ? unpacked(section) : section
    }

    private static func unpacked(_ section: [UInt8]) -> [UInt8]? {
        var block = Block(bytes: section, at: 1)
        var out = dictionary
        while let token = block.byte() {
            guard let count = block.counted(token >> 4), count <= section.count - block.at,
                out.count + count <= dictionary.count + textMax
            else { return nil }
            out += section[block.at..<block.at + count]
            block.at += count
            // The last sequence has no match.
            if block.at == section.count { return Array(out[dictionary.count...]) }
            guard let low = block.byte(), let high = block.byte(), let more = block.counted(token & 15) else {
                return nil
            }
            let distance = Int(low) | Int(high) << 8
            let length = more + 4
            guard distance > 0, distance <= out.count, out.count + length <= dictionary.count + textMax else {
                return nil
            }
            // One after the other: a match may overlap what it makes.
            for _ in 0..<length { out.append(out[out.count - distance]) }
        }
        return nil
    }

    /// A reader of an LZ4 block's numbers.
    private struct Block {
        let bytes: [UInt8]
        var at: Int

        mutating func byte() -> UInt8? {
            guard at < bytes.count else { return nil }
            at += 1
            return bytes[at - 1]
        }

        /// Half a token, and the bytes that follow it where it is full.
        mutating func counted(_ half: UInt8) -> Int? {
            var value = Int(half)
            guard half == 15 else { return value }
            while let more = byte() {
                value += Int(more)
                if more < 255 { return value }
            }
            return nil
        }
    }
}
