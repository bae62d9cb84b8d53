// SPDX-License-Identifier: Apache-2.0
import Ledger

/// Base64 of RFC 4648 section 4, with padding: the form of bytes in JSON.
enum Base64 {
    private static let alphabet = [UInt8](
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            let second = rest > 1 ? bytes[index + 1] : 0
            let third = rest > 2 ? bytes[index + 2] : 0
            let bits = Int(bytes[index]) << 16 | Int(second) << 8 | Int(third)
            text.append(alphabet[bits >> 18])
            text.append(alphabet[bits >> 12 & 63])
            text.append(rest > 1 ? alphabet[bits >> 6 & 63] : 0x3d)
            text.append(rest > 2 ? alphabet[bits & 63] : 0x3d)
            index += 3
        }
    }

    /// - Returns: nil for anything but the one form `append` gives.
    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for ascii in text.utf8 {
            if ascii == 0x3d {
                padding += 1
            } else {
                guard padding == 0, let value = value(ascii) else { return nil }
                bits = bits << 6 | value
            }
            count += 1
            if count % 4 == 0, padding == 0 {
                for shift: UInt32 in [16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
                bits = 0
            }
        }
        guard count % 4 == 0, padding <= 2 else { return nil }
        if padding == 1, bits & 3 == 0 {
            bytes += [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)]
        } else if padding == 2, bits & 15 == 0 {
            bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
        } else if padding > 0 {
            return nil
        }
        return bytes
    }

    private static func value(_ ascii: UInt8) -> UInt32? {
        switch ascii {
        case 0x41...0x5a: UInt32(ascii) - 0x41
        case 0x61...0x7a: UInt32(ascii) - 0x61 + 26
        case 0x30...0x39: UInt32(ascii) - 0x30 + 52
        case 0x2b: 62
        case 0x2f: 63
        default: nil
        }
    }
}

extension Timestamp {
    /// UTC with milliseconds, as `2026-11-21T04:59:51.123Z`; the largest representable year is written in
    /// full.
    var rfc3339: String {
        let milli = value % 1000
        let seconds = value / 1000
        let day = Int(seconds / 86_400)
        let second = Int(seconds % 86_400)
        // The Gregorian date of a day since 1970, counting years from March (Hinnant's method).
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date =
            "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfYear - (153 * march + 2) / 5 + 1, 2))"
        let time = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        return "\(date)T\(time).\(padded(Int(milli), 3))Z"
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: Swift.max(0, width - text.utf8.count)) + text
    }
}

/// Percent-encoded text of a path or a query.
enum PercentEncoding {
    /// - Returns: nil for a broken escape or bytes that are not UTF-8.
    static func decode(_ text: Substring) -> String? {
        guard text.utf8.contains(0x25) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(nibble), let low = rest.popFirst().flatMap(nibble) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func nibble(_ ascii: UInt8) -> UInt8? {
        switch ascii {
        case 0x30...0x39: ascii - 0x30
        case 0x41...0x46: ascii - 0x41 + 10
        case 0x61...0x66: ascii - 0x61 + 10
        default: nil
        }
    }
}
