// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// What a record is called on the chain.
package enum Title {
    /// The text as a label: characters a label refuses become spaces, and what does not fit is cut off between
    /// characters, never within one.
    package static func label(_ text: String, bytesMax: Int = Limits.labelBytesMax) -> Label {
        var kept = ""
        var bytes = 0
        for character in text {
            let plain = Label(String(character)) == nil ? " " : String(character)
            let size = plain.utf8.count
            if bytes + size > bytesMax { break }
            bytes += size
            kept += plain
        }
        // Every character is one a label takes, so the whole is.
        return Label(kept) ?? Label(literal: "untitled")
    }
}
