// SPDX-License-Identifier: Apache-2.0

/// How many columns of a terminal a text takes: Chinese characters take two, marks that combine take none.
package enum TextWidth {
    package static func columns(_ text: String) -> Int { text.reduce(0) { $0 + columns($1) } }

    private static func columns(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        return columns(first)
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x300...0x36f, 0x200b...0x200f: 0
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
            2
        default: 1
        }
    }

    package static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - columns(text)))
    }

    package static func paddedLeft(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - columns(text))) + text
    }

    /// The text itself where it fits, else its end behind an ellipsis: the end of a path says more than its start.
    package static func cutStart(_ text: String, to width: Int) -> String {
        guard columns(text) > width else { return text }
        var kept: [Character] = []
        var used = 1
        for character in text.reversed() {
            used += columns(character)
            if used > width { break }
            kept.append(character)
        }
        return "…" + String(kept.reversed())
    }
}
