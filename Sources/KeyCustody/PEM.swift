// SPDX-License-Identifier: Apache-2.0

/// Textual encoding of blocks (RFC 7468): what stands outside a block is not read.
package enum PEM {
    static let encryptedKey = "ENCRYPTED PRIVATE KEY"
    static let plainKey = "PRIVATE KEY"
    static let archivedKey = "ARCHIVED ENCRYPTED PRIVATE KEY"
    static let keyShare = "ENCRYPTED KEY SHARE"
    package static let certificate = "CERTIFICATE"
    package static let request = "CERTIFICATE REQUEST"
    package static let revocationList = "X509 CRL"

    private static let alphabet = [UInt8](
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Values of the digits by their byte; 64 is no digit.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 64, count: 256)
        for (value, digit) in alphabet.enumerated() { table[Int(digit)] = UInt8(value) }
        return table
    }()

    package static func encode(_ content: [UInt8], label: String) -> String {
        let digits = digits(of: content)
        var lines = ["-----BEGIN \(label)-----"]
        for start in stride(from: 0, to: digits.count, by: 64) {
            lines.append(String(decoding: digits[start..<Swift.min(start + 64, digits.count)], as: UTF8.self))
        }
        return (lines + ["-----END \(label)-----", ""]).joined(separator: "\n")
    }

    /// Base 64 in one line, padded.
    static func digits(of content: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: 3) {
            let group = content[start..<Swift.min(start + 3, content.count)]
            let bits = (group + [0, 0]).prefix(3).reduce(0) { $0 << 8 | Int($1) }
            for position in 0..<4 {
                digits.append(position <= group.count ? alphabet[bits >> (18 - 6 * position) & 63] : 0x3d)
            }
        }
        return digits
    }

    /// Every block of a text, in order.
    /// - Returns: nil where a block is begun and is not whole and in canonical base 64; none where none is begun.
    package static func blocks(_ text: [UInt8]) -> [(label: String, content: [UInt8])]? {
        var blocks: [(label: String, content: [UInt8])] = []
        var label: String?
        var digits: [UInt8] = []
        for line in text.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            if let open = label {
                guard line.first == 0x2d else {
                    digits += line
                    continue
                }
                guard String(decoding: line, as: UTF8.self) == "-----END \(open)-----", let content = base64(digits)
                else { return nil }
                blocks.append((open, content))
                (label, digits) = (nil, [])
            } else if line.starts(with: Array("-----BEGIN ".utf8)) {
                let first = String(decoding: line, as: UTF8.self)
                guard first.hasSuffix("-----"), line.count > 16 else { return nil }
                label = String(first.dropFirst(11).dropLast(5))
            }
        }
        return label == nil ? blocks : nil
    }

    /// - Returns: nil unless the text has a first block that is whole and in canonical base 64.
    static func decode(_ text: [UInt8]) -> (label: String, content: [UInt8])? {
        let lines = text.split { $0 == 0x0a || $0 == 0x0d }.map { String(decoding: $0, as: UTF8.self) }
        guard let first = lines.firstIndex(where: { $0.hasPrefix("-----BEGIN ") && $0.hasSuffix("-----") }),
            lines[first].utf8.count > 16
        else { return nil }
        let label = String(lines[first].dropFirst(11).dropLast(5))
        guard let last = lines[first...].firstIndex(of: "-----END \(label)-----"),
            let content = base64(lines[(first + 1)..<last].flatMap { $0.utf8 })
        else { return nil }
        return (label, content)
    }

    static func base64(_ digits: some BidirectionalCollection<UInt8>) -> [UInt8]? {
        guard digits.count % 4 == 0 else { return nil }
        let padding = digits.reversed().prefix { $0 == 0x3d }.count
        guard padding <= 2 else { return nil }
        var (bytes, bits, held): ([UInt8], Int, Int) = ([], 0, 0)
        for digit in digits.dropLast(padding) {
            let value = values[Int(digit)]
            guard value < 64 else { return nil }
            (bits, held) = ((bits << 6 | Int(value)) & 0xffff, held + 6)
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> held))
            }
        }
        return bits & ((1 << held) - 1) == 0 ? bytes : nil
    }
}
