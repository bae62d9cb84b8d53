// SPDX-License-Identifier: Apache-2.0

/// Bytes as lower-case hexadecimal digits, the one text form of digests and identifiers.
package enum Hex {
    package static func encode(_ bytes: [UInt8]) -> String { String(decoding: digits(of: bytes), as: UTF8.self) }

    /// The same as ASCII, for what is bytes anyway.
    package static func digits(of bytes: [UInt8]) -> [UInt8] {
        var ascii: [UInt8] = []
        ascii.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            ascii.append(digit(byte >> 4))
            ascii.append(digit(byte & 15))
        }
        return ascii
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value + 48 : value + 87 }

    /// - Returns: nil for an odd number of digits or for anything but 0-9, a-f and A-F.
    package static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for ascii in text.utf8 {
            guard let value = value(ascii) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }

    private static func value(_ ascii: UInt8) -> UInt8? {
        switch ascii {
        case 48...57: ascii - 48
        case 97...102: ascii - 87
        case 65...70: ascii - 55
        default: nil
        }
    }
}
