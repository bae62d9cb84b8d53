// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Which rows of a log somebody wants to see.
/// - Spec: AUD-10.
package struct AuditFilter: Hashable, Sendable {
    /// The first row looked at.
    package var first: UInt64 = 1
    /// Beginnings of times as rows have them, with or without the `Z`; both are included.
    package var from: String?
    package var to: String?
    /// How the act begins.
    package var act: String?
    /// An account or an organisation.
    package var who: String?
    package var chain: String?
    /// Only what was denied or failed.
    package var isDenied = false

    package init() {}

    package func takes(_ row: AuditRow) -> Bool {
        func plain(_ text: String) -> String { text.hasSuffix("Z") ? String(text.dropLast()) : text }
        guard row.number >= first else { return false }
        if let from, row.time < plain(from) { return false }
        if let to, row.time.prefix(plain(to).count) > plain(to) { return false }
        if let act, !row.record.act.hasPrefix(act) { return false }
        if let who, row.record.who != who, row.record.organization != who { return false }
        if let chain, row.record.chain != chain { return false }
        return !isDenied || row.record.verdict == .denied || row.record.verdict == .failed
    }

    /// The beginning of a time as rows have it.
    package static func isTime(_ text: String) -> Bool {
        let form = "0000-00-00T00:00:00.000Z"
        let plain = text.hasSuffix("Z") ? String(text.dropLast()) : text
        guard plain.utf8.count >= 4, plain.utf8.count < form.utf8.count else { return false }
        return zip(plain.utf8, form.utf8).allSatisfy { given, wanted in
            wanted == 0x30 ? (0x30...0x39).contains(given) : given == wanted
        }
    }
}

/// Gives a log out page by page, each at a bounded cost, whatever is asked for and however long the log is.
/// - Spec: AUD-13.
package struct AuditPager: Sendable {
    /// Bytes of the log that are looked at for one page; then the next one goes on.
    package static let bytesMax = 16 << 20
    private static let pieceBytes = 1 << 20

    /// Where a page ended: a file, a byte in it, and the newest row there was when the first page was given, so that
    /// reading comes to an end though each page adds a row to the log.
    package struct Place: Hashable, Sendable {
        package let segment: UInt64
        package let offset: UInt64
        package let last: UInt64

        package init(segment: UInt64, offset: UInt64, last: UInt64) {
            (self.segment, self.offset, self.last) = (segment, offset, last)
        }

        package init?(text: String) {
            let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
            guard parts.count == 3, let segment = parts[0], let offset = parts[1], let last = parts[2],
                offset <= UInt64(Int64.max)
            else { return nil }
            self.init(segment: segment, offset: offset, last: last)
        }

        package var text: String { "\(segment)-\(offset)-\(last)" }
    }

    package struct Page: Sendable {
        package var rows: [AuditRow] = []
        /// Lines among them that are no rows: `verify` says which.
        package var strange = 0
        /// Nil at the end.
        package var next: Place?
    }

    let folder: AuditFolder

    package init(_ folder: AuditFolder) { self.folder = folder }

    /// - Parameters:
    ///   - limit: rows at most.
    ///   - place: where the page before this one ended; nil begins.
    ///   - tip: the newest row to be given, where it begins.
    /// - Returns: nil where the file the place is in is no longer there.
    /// - Cost: reads at most `bytesMax`.
    package func page(
        _ filter: AuditFilter, limit: Int, after place: Place?, tip: UInt64
    ) throws(AuditFailure) -> Page? {
        let segments = folder.segments
        guard !segments.isEmpty else { return Page() }
        var index = segments.lastIndex { $0.first <= filter.first } ?? 0
        if let place {
            guard let found = segments.firstIndex(where: { $0.first == place.segment }) else { return nil }
            index = found
        }
        var page = Page()
        var (offset, budget) = (place?.offset ?? 0, AuditPager.bytesMax)
        let last = place?.last ?? tip
        while index < segments.count {
            let end = try read(segments[index], from: &offset, filter, limit, last: last, &budget, &page)
            switch end {
            case .finished: return page
            case .paused:
                page.next = Place(segment: segments[index].first, offset: offset, last: last)
                return page
            case .exhausted: (index, offset) = (index + 1, 0)
            }
        }
        return page
    }

    private enum End { case finished, paused, exhausted }

    /// Takes whole lines from a file, from `offset` on, which is left behind the last of them.
    private func read(
        _ segment: AuditFolder.Segment, from offset: inout UInt64, _ filter: AuditFilter, _ limit: Int, last: UInt64,
        _ budget: inout Int, _ page: inout Page
    ) throws(AuditFailure) -> End {
        guard let file = FileHandle(forReadingAtPath: segment.path) else { throw .unreadable(path: segment.path) }
        defer { try? file.close() }
        do { try file.seek(toOffset: offset) } catch { throw .unreadable(path: segment.path) }
        var rest: [UInt8] = []
        while true {
            let piece: [UInt8]
            do { piece = [UInt8](try file.read(upToCount: AuditPager.pieceBytes) ?? Data()) } catch {
                throw .unreadable(path: segment.path)
            }
            guard !piece.isEmpty else { return .exhausted }
            rest += piece
            budget -= piece.count
            var start = 0
            while let end = rest[start...].firstIndex(of: 0x0a) {
                if page.rows.count == limit { return .paused }
                let row = AuditRow(line: Array(rest[start..<end].prefix(AuditRow.lineBytesMax)))
                if let row, row.number > last { return .finished }
                offset += UInt64(end + 1 - start)
                start = end + 1
                guard let row else {
                    page.strange += 1
                    continue
                }
                if filter.takes(row) { page.rows.append(row) }
            }
            rest = Array(rest[start...])
            // What is longer than any row is none, and nobody waits for its end.
            if rest.count > AuditRow.lineBytesMax {
                offset += UInt64(rest.count)
                rest = []
            }
            if budget <= 0 { return .paused }
        }
    }
}
