// SPDX-License-Identifier: Apache-2.0

/// A second of the calendar as certificates write it, in UTC, from 1950 to 9999.
/// - Spec: CERT-3.
package struct CertificateTime: Hashable, Comparable, Sendable {
    /// Seconds since 1970 began; negative before.
    package let seconds: Int64

    /// The last second of 9999: "no end" (RFC 5280 section 4.1.2.5).
    package static let never = CertificateTime(seconds: 253_402_300_799)
    private static let first: Int64 = -631_152_000
    private static let utcEnd: Int64 = 2_524_608_000

    /// Times outside 1950 to 9999 are moved to the nearest one inside.
    package init(seconds: Int64) {
        self.seconds = Swift.min(Swift.max(seconds, CertificateTime.first), 253_402_300_799)
    }

    package static func < (left: CertificateTime, right: CertificateTime) -> Bool { left.seconds < right.seconds }

    package func advanced(byDays days: Int64) -> CertificateTime {
        let (span, isLong) = days.multipliedReportingOverflow(by: 86_400)
        let (sum, isFar) = seconds.addingReportingOverflow(span)
        if isLong || isFar { return days < 0 ? CertificateTime(seconds: .min) : .never }
        return CertificateTime(seconds: sum)
    }

    /// Whole days from `earlier` to this one, rounded down.
    package func days(since earlier: CertificateTime) -> Int64 {
        let span = seconds - earlier.seconds
        return span >= 0 ? span / 86_400 : (span - 86_399) / 86_400
    }

    // MARK: The calendar

    /// Year, month, day, hour, minute, second.
    ///
    /// Counts days from 1 March 0000, so that the leap day ends a year: eras of 400 years repeat.
    private var parts: [Int64] {
        let day = days(since: CertificateTime(unchecked: 0))
        let rest = seconds - day * 86_400
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return [
            year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, rest / 3_600, rest % 3_600 / 60, rest % 60,
        ]
    }

    private init(unchecked seconds: Int64) { self.seconds = seconds }

    /// - Returns: nil where there is no such second.
    private init?(year: Int64, month: Int64, day: Int64, second: Int64) {
        guard (1950...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        self.init(unchecked: days * 86_400 + second)
        // 31 April would be 1 May.
        guard parts[1] == month, parts[2] == day else { return nil }
    }

    /// `20261121093000Z`
    package var digits: String { text(ofYear: 4) }

    private func text(ofYear count: Int) -> String {
        let parts = parts
        let fields = parts.enumerated().map { place, value in
            let width = place == 0 ? 4 : 2
            let text = String(value)
            return String(repeating: "0", count: Swift.max(0, width - text.utf8.count)) + text
        }
        return fields.joined().dropFirst(4 - count) + "Z"
    }

    /// `2026-11-21 09:30:00 UTC`
    package var text: String {
        let digits = Array(digits.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        return "\(part(0..<4))-\(part(4..<6))-\(part(6..<8)) \(part(8..<10)):\(part(10..<12)):\(part(12..<14)) UTC"
    }

    /// Reads `digits`; nil for anything that form does not give.
    package init?(digits: some StringProtocol) {
        let text = Array(digits.utf8)
        guard text.count == 15, text[14] == 0x5a, text[..<14].allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        func number(_ range: Range<Int>) -> Int64 { text[range].reduce(0) { $0 * 10 + Int64($1 - 0x30) } }
        let (hour, minute, second) = (number(8..<10), number(10..<12), number(12..<14))
        guard hour < 24, minute < 60, second < 60 else { return nil }
        self.init(
            year: number(0..<4), month: number(4..<6), day: number(6..<8), second: hour * 3_600 + minute * 60 + second)
    }

    // MARK: In a certificate

    /// UTCTime up to 2049, GeneralizedTime from 2050 on: no choice is left (RFC 5280 section 4.1.2.5).
    package var der: [UInt8] {
        let isShort = seconds < CertificateTime.utcEnd
        return DER.element(
            isShort ? DER.Tag.utcTime : DER.Tag.generalizedTime, Array(text(ofYear: isShort ? 2 : 4).utf8))
    }

    package init(from reader: inout DERReader) throws(DERError) {
        let start = reader
        let isShort = reader.nextTag == DER.Tag.utcTime
        let text = try reader.bytes(
            of: isShort ? DER.Tag.utcTime : DER.Tag.generalizedTime, "a time")
        let yearDigits = isShort ? 2 : 4
        guard text.count == yearDigits + 11, text.last == 0x5a,
            text.dropLast().allSatisfy({ (0x30...0x39).contains($0) })
        else { throw start.fail("a time in UTC to the second") }
        func number(_ from: Int, _ count: Int) -> Int64 {
            text[from..<from + count].reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        var year = number(0, yearDigits)
        if isShort { year += year < 50 ? 2_000 : 1_900 }
        let (hour, minute, second) = (number(yearDigits + 4, 2), number(yearDigits + 6, 2), number(yearDigits + 8, 2))
        guard hour < 24, minute < 60, second < 60,
            let time = CertificateTime(
                year: year, month: number(yearDigits, 2), day: number(yearDigits + 2, 2),
                second: hour * 3_600 + minute * 60 + second),
            isShort || time.seconds >= CertificateTime.utcEnd
        else { throw start.fail("a time of the calendar in its one form") }
        self = time
    }
}
