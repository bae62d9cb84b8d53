// SPDX-License-Identifier: Apache-2.0
import ClientKit
package import Foundation
package import Ledger

/// Numbers as people read them.
package enum Quantity {
    /// `17 B`, `4.2 KiB`, `1.9 GiB`.
    package static func bytes(_ count: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(count)
        var index = 0
        while value >= 1024, index < units.count - 1 {
            value /= 1024
            index += 1
        }
        return index == 0 ? "\(count) B" : "\(oneDecimal(value)) \(units[index])"
    }

    /// `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "?" }
        if seconds < 10 { return "\(oneDecimal(seconds)) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    package static func oneDecimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}

/// A moment on the chain, in the forms people and programs read.
extension Timestamp {
    /// Reads a time as a person writes it: `2026-11-21T04:59:51Z`, with or without milliseconds.
    package init?(written text: String) {
        let whole = text.utf8.count == 20 && text.hasSuffix("Z") ? "\(text.dropLast()).000Z" : text
        self.init(rfc3339: whole)
    }

    /// `2026-11-21T04:59:51.123Z`
    package var rfc3339: String {
        let civil = civilTime(offsetSeconds: 0)
        return "\(civil.date)T\(civil.time).\(String(1000 + value % 1000).dropFirst())Z"
    }

    /// `2026-11-21 12:59:51 +08:00 (04:59:51 UTC)`, with the UTC date where it is another day.
    package func localAndUniversal(zone: TimeZone = .current) -> String {
        let date = Date(timeIntervalSince1970: Double(value) / 1000)
        let offset = zone.secondsFromGMT(for: date)
        let local = civilTime(offsetSeconds: offset)
        let universal = civilTime(offsetSeconds: 0)
        if offset == 0 { return "\(universal.date) \(universal.time) UTC" }
        let minutes = abs(offset) / 60
        let hours = String(100 + minutes / 60).dropFirst()
        let rest = String(100 + minutes % 60).dropFirst()
        let day = local.date == universal.date ? "" : universal.date + " "
        return "\(local.date) \(local.time) \(offset < 0 ? "-" : "+")\(hours):\(rest) (\(day)\(universal.time) UTC)"
    }

    private func civilTime(offsetSeconds: Int) -> (date: String, time: String) {
        let seconds = Int64(value / 1000) + Int64(offsetSeconds)
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let (year, month, day) = Timestamp.civilDate(days)
        let second = seconds - days * 86_400
        func two(_ number: Int64) -> String { String(String(100 + number).dropFirst()) }
        let date =
            "\(String(repeating: "0", count: Swift.max(0, 4 - "\(year)".count)))\(year)-\(two(month))-\(two(day))"
        return (date, "\(two(second / 3600)):\(two(second % 3600 / 60)):\(two(second % 60))")
    }

    /// The date of a day counted from 1970-01-01 in the proleptic Gregorian calendar (Hinnant's method).
    private static func civilDate(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * march + 2) / 5 + 1)
    }
}
