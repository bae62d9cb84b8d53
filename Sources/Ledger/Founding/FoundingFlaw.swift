// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// Why a step of a founding is refused. Final for these files; another file may heal it.
///
/// Facts are names, numbers and fingerprints, the same in every language; what they mean the code's sentence says.
package struct FoundingFlaw: Error, Hashable, Sendable {
    package let code: StableCode
    package let facts: [String]
    /// Which of the files handed over it is about, by place.
    package let files: [Int]

    package init(_ code: StableCode, _ facts: [String], files: [Int] = []) {
        self.code = code
        self.facts = facts
        self.files = files
    }

    func about(_ files: [Int]) -> FoundingFlaw { FoundingFlaw(code, facts, files: files) }
}

/// A digest as people read it to each other: twelve groups of four digits.
///
/// Digits, because each is one syllable in Chinese and a telephone carries them well. 48 of them are some 158 bits: two
/// drafts with one fingerprint would take 2^79 trials.
/// - Spec: FOUND-11.
package struct SpokenFingerprint: Hashable, Sendable {
    package static let groups = 12

    /// 0 to 9999 each.
    package let numbers: [Int]

    package init(_ digest: Digest) {
        let bytes = digest.bytes
        numbers = (0..<SpokenFingerprint.groups).map { (Int(bytes[2 * $0]) << 8 | Int(bytes[2 * $0 + 1])) % 10_000 }
    }

    /// `0123 4567 …`, one space between groups.
    package var text: String {
        numbers.map { number in
            let digits = String(number)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }.joined(separator: " ")
    }

    /// Whether somebody typed this one: all 48 digits, ASCII or full-width, with anything in between that is none.
    package func matches(_ typed: String) -> Bool {
        let digits = typed.unicodeScalars.compactMap { scalar -> UInt32? in
            switch scalar.value {
            case 0x30...0x39: scalar.value - 0x30
            case 0xff10...0xff19: scalar.value - 0xff10
            default: nil
            }
        }
        return digits == text.unicodeScalars.filter { $0 != " " }.map { $0.value - 0x30 }
    }
}
