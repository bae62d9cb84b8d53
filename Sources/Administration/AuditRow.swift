// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi

/// A record in its place: numbered, dated, bound to the row before it and sealed by its own digest.
///
/// One line of JSON whose members always stand in the same order, so that anybody can check it with a text tool and
/// SM3: the digest is that of the line's bytes in front of `,"digest"`.
/// - Spec: AUD-2, AUD-3.
package struct AuditRow: Hashable, Sendable {
    /// The last number: what fits twelve digits, and far from where sums would end.
    package static let numberMax: UInt64 = 999_999_999_999
    /// More than any row has: ten texts of which each byte stands as six, and digests.
    package static let lineBytesMax = 64 << 10

    /// From 1.
    package let number: UInt64
    /// RFC 3339, UTC, milliseconds: texts of this form sort as times do.
    package let time: String
    package let record: AuditRecord
    /// Digest of the row before; zero in the first.
    package let previous: Digest
    /// As it stands in the line.
    package let digest: Digest

    package init(_ number: UInt64, at time: Timestamp, _ record: AuditRecord, after previous: Digest) {
        self.number = number
        self.time = AuditTime.text(time)
        self.record = record
        self.previous = previous
        digest = AuditRow.seal(AuditRow.body(number, self.time, record, previous))
    }

    /// A row as somebody else gives it; `isSealed` says whether it is what was written.
    package init(
        given number: UInt64, at time: String, _ record: AuditRecord, previous: Digest, digest: Digest
    ) {
        (self.number, self.time, self.record, self.previous, self.digest) = (number, time, record, previous, digest)
    }

    /// Reads a line without its end.
    /// - Returns: nil for anything but the one form a row has. Whether the digest is true is another question.
    package init?(line: [UInt8]) {
        var reader = AuditLineReader(line)
        guard let number = reader.number(after: "{\"row\":"), let time = reader.text(after: ",\"time\":"),
            let act = reader.text(after: ",\"act\":"), let word = reader.text(after: ",\"verdict\":"),
            let verdict = AuditRecord.Verdict(rawValue: word), let code = reader.text(after: ",\"code\":"),
            let who = reader.text(after: ",\"who\":"), let organization = reader.text(after: ",\"organization\":"),
            let chain = reader.text(after: ",\"chain\":"), let object = reader.text(after: ",\"object\":"),
            let height = reader.optionalNumber(after: ",\"height\":"), let count = reader.number(after: ",\"count\":"),
            let detail = reader.text(after: ",\"detail\":"), let previous = reader.text(after: ",\"previous\":"),
            let digest = reader.text(after: ",\"digest\":"), reader.ends(with: "}"),
            let before = Digest(hex: previous), let own = Digest(hex: digest)
        else { return nil }
        guard (1...AuditRow.numberMax).contains(number) else { return nil }
        self.number = number
        self.time = time
        record = AuditRecord(
            act, verdict, code: code, who: who, organization: organization, chain: chain, object: object,
            height: height, count: count, detail: detail)
        self.previous = before
        self.digest = own
        // Two lines of one meaning would be two digests of one row.
        guard self.line == line else { return nil }
    }

    /// The line, without its end.
    package var line: [UInt8] {
        AuditRow.body(number, time, record, previous) + [UInt8](",\"digest\":\"\(digest.hex)\"}".utf8)
    }

    /// Whether the row says what it said when it was written, or somebody sealed it again.
    package var isSealed: Bool { digest == AuditRow.seal(AuditRow.body(number, time, record, previous)) }

    private static func seal(_ body: [UInt8]) -> Digest { SM3.hash(body) }

    private static func body(
        _ number: UInt64, _ time: String, _ record: AuditRecord, _ previous: Digest
    ) -> [UInt8] {
        var text = "{\"row\":\(number)"
        func add(_ name: String, _ value: String) {
            text += ",\"\(name)\":\""
            AuditText.escape(value, into: &text)
            text += "\""
        }
        add("time", time)
        add("act", record.act)
        add("verdict", record.verdict.rawValue)
        add("code", record.code)
        add("who", record.who)
        add("organization", record.organization)
        add("chain", record.chain)
        add("object", record.object)
        text += ",\"height\":" + (record.height.map { "\($0)" } ?? "null") + ",\"count\":\(record.count)"
        add("detail", record.detail)
        add("previous", previous.hex)
        return [UInt8](text.utf8)
    }
}

/// The one way a text stands in a row.
enum AuditText {
    static func escape(_ text: String, into out: inout String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _
            where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
                || (0x2028...0x2029).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
    }
}

/// Times as rows have them.
package enum AuditTime {
    /// `2026-11-21T04:59:51.123Z`.
    package static func text(_ time: Timestamp) -> String {
        let days = Int64(time.value / 86_400_000)
        let rest = time.value % 86_400_000
        // Days since 0000-03-01, in eras of 400 years: leap days fall at the end of each shifted year.
        let shifted = days + 719_468
        let (era, day) = (shifted / 146_097, shifted % 146_097)
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let civilMonth = month < 10 ? month + 3 : month - 9
        let civilYear = year + era * 400 + (civilMonth <= 2 ? 1 : 0)
        return padded(UInt64(civilYear), 4) + "-" + padded(UInt64(civilMonth), 2) + "-"
            + padded(UInt64(dayOfYear - (153 * month + 2) / 5 + 1), 2) + "T" + padded(rest / 3_600_000, 2) + ":"
            + padded(rest / 60_000 % 60, 2) + ":" + padded(rest / 1_000 % 60, 2) + "." + padded(rest % 1_000, 3) + "Z"
    }

    static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// Reads a line's members one after the other, each only where it must stand.
struct AuditLineReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func ends(with text: String) -> Bool { bytes[offset...].elementsEqual(text.utf8) }

    mutating func number(after name: String) -> UInt64? {
        guard skip(name) else { return nil }
        let start = offset
        while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
        return UInt64(String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    /// - Returns: `.some(nil)` for null.
    mutating func optionalNumber(after name: String) -> UInt64?? {
        let start = offset
        if skip(name + "null") { return .some(nil) }
        offset = start
        return number(after: name).map { .some($0) }
    }

    mutating func text(after name: String) -> String? {
        guard skip(name + "\"") else { return nil }
        var found: [UInt8] = []
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case 0x22: return String(validating: found, as: UTF8.self)
            case 0x5c:
                guard let scalar = escaped() else { return nil }
                found += Array(String(Character(scalar)).utf8)
            default: found.append(byte)
            }
        }
        return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
        guard offset < bytes.count else { return nil }
        let mark = bytes[offset]
        offset += 1
        if mark == 0x22 || mark == 0x5c { return Unicode.Scalar(mark) }
        guard mark == 0x75, offset + 4 <= bytes.count else { return nil }
        let digits = String(decoding: bytes[offset..<offset + 4], as: UTF8.self)
        offset += 4
        return UInt32(digits, radix: 16).flatMap { Unicode.Scalar($0) }
    }

    private mutating func skip(_ text: String) -> Bool {
        let end = offset + text.utf8.count
        guard end <= bytes.count, bytes[offset..<end].elementsEqual(text.utf8) else { return false }
        offset = end
        return true
    }
}
