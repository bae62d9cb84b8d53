// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger

/// Base64 of RFC 4648 section 4, with padding: the form of bytes in answers.
enum Base64 {
    /// - Returns: nil for anything but the one form the encoder gives.
    static func decode(_ text: String) -> [UInt8]? {
        let ascii = [UInt8](text.utf8)
        guard ascii.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ascii.count / 4 * 3)
        for start in stride(from: 0, to: ascii.count, by: 4) {
            guard
                let (bits, count) = group(ascii[start], ascii[start + 1], ascii[start + 2], ascii[start + 3]),
                count == 3 || start + 4 == ascii.count
            else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
            if count > 1 { bytes.append(UInt8(truncatingIfNeeded: bits >> 8)) }
            if count > 2 { bytes.append(UInt8(truncatingIfNeeded: bits)) }
        }
        return bytes
    }

    static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var ascii: [UInt8] = []
        ascii.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let digit = alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)]
                ascii.append(place <= group.count ? digit : 0x3d)
            }
        }
        return String(decoding: ascii, as: UTF8.self)
    }

    /// Four characters as 24 bits, and how many of the three bytes count.
    private static func group(
        _ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8
    ) -> (bits: UInt32, count: Int)? {
        let padding: UInt8 = 0x3d
        let count = d == padding ? (c == padding ? 1 : 2) : 3
        guard let a = value(a), let b = value(b), let c = count > 1 ? value(c) : 0,
            let d = count > 2 ? value(d) : 0
        else { return nil }
        let bits = a << 18 | b << 12 | c << 6 | d
        // What padding cuts off must be zero, or the same bytes would have several forms.
        return bits & (UInt32(1) << UInt32(8 * (3 - count)) - 1) == 0 ? (bits, count) : nil
    }

    private static func value(_ character: UInt8) -> UInt32? {
        switch character {
        case 0x41...0x5a: UInt32(character) - 0x41
        case 0x61...0x7a: UInt32(character) - 0x61 + 26
        case 0x30...0x39: UInt32(character) - 0x30 + 52
        case 0x2b: 62
        case 0x2f: 63
        default: nil
        }
    }
}

extension Timestamp {
    /// Reads the one form the gateway writes: `2026-11-21T04:59:51.123Z`.
    package init?(rfc3339 text: String) {
        let ascii = [UInt8](text.utf8)
        let shape: [UInt8] = [UInt8]("0000-00-00T00:00:00.000Z".utf8)
        guard ascii.count == shape.count else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in ascii[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte) - 0x30
            }
            return value
        }
        for (index, byte) in shape.enumerated() where byte != 0x30 && ascii[index] != byte { return nil }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let milli = number(20..<23), year >= 1970, (1...12).contains(month), (1...31).contains(day),
            hour < 24,
            minute < 60, second < 60
        else { return nil }
        // Days since 1970 of the proleptic Gregorian calendar, counting years from March (Hinnant's method).
        let march = (month + 9) % 12
        let years = month > 2 ? year : year - 1
        let dayOfYear = (153 * march + 2) / 5 + day - 1
        let days = years * 365 + years / 4 - years / 100 + years / 400 + dayOfYear - 719_468
        self.init(UInt64(((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + UInt64(milli))
    }
}

/// Bytes as they stand in a path.
func hex(_ bytes: [UInt8]) -> String { Hex.encode(bytes) }

/// A name as one segment of a path or value of a query: everything but unreserved characters percent-encoded.
func escape(_ text: String) -> String {
    var ascii: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: ascii.append(byte)
        default: ascii += [0x25] + [UInt8](Hex.encode([byte]).uppercased().utf8)
        }
    }
    return String(decoding: ascii, as: UTF8.self)
}

/// Key of a contract's value in the state: the contract's name with its length, then the contract's own key.
func stateKey(contract: Label, key: [UInt8]) -> [UInt8] { contract.encoded + key }
