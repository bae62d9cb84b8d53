// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Where a log lies: files named after the first row each holds, `acts-000000000001.log`.
/// - Spec: AUD-1.
package struct AuditFolder: Hashable, Sendable {
    /// The log of acts and denials, and the log of reads beside it.
    package static let acts = "acts"
    package static let reads = "reads"
    /// In the log of acts: up to which row the log of reads was shortened by rule (AUD-14).
    package static let removedAct = "reads.removed"

    package struct Segment: Hashable, Sendable {
        package let path: String
        package let first: UInt64
    }

    package let path: String
    package let name: String

    package init(_ path: String, _ name: String) { (self.path, self.name) = (path, name) }

    /// Held with `flock` by whoever appends.
    var lockPath: String { "\(path)/\(name).lock" }

    func segmentPath(first: UInt64) -> String { "\(path)/\(fileName(first: first))" }

    private func fileName(first: UInt64) -> String { "\(name)-\(AuditTime.padded(first, 12)).log" }

    /// In the order of their rows. A file whose name is not exactly that of a log's file is none of it.
    package var segments: [Segment] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.compactMap { file in
            guard file.hasPrefix("\(name)-"), file.hasSuffix(".log"),
                let first = UInt64(file.dropFirst(name.count + 1).dropLast(4)), file == fileName(first: first),
                (1...AuditRow.numberMax).contains(first)
            else { return nil }
            return Segment(path: "\(path)/\(file)", first: first)
        }.sorted { ($0.first, $0.path) < ($1.first, $1.path) }
    }

    /// Hands each line to `body`, in order, without its end; what follows the last end of a line is not one. Of a line
    /// longer than any row the beginning is handed over, which is no row either.
    /// - Parameter first: files that hold only rows before this one are passed over.
    /// - Returns: whether unfinished bytes stand at the end of the last file: a row that a crash cut short.
    @discardableResult
    package func forEachLine(
        from first: UInt64 = 1, _ body: (_ line: [UInt8], _ segment: Segment) throws -> Void
    ) throws(AuditFailure) -> Bool {
        var isTorn = false
        let all = segments
        for segment in all[(all.lastIndex { $0.first <= first } ?? 0)...] {
            guard let file = FileHandle(forReadingAtPath: segment.path) else {
                throw .unreadable(path: segment.path)
            }
            defer { try? file.close() }
            var rest: [UInt8] = []
            do {
                while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
                    var start = data.startIndex
                    while let end = data[start...].firstIndex(of: 0x0a) {
                        try body(rest + data[start..<end].prefix(AuditRow.lineBytesMax), segment)
                        rest = []
                        start = data.index(after: end)
                    }
                    if rest.count < AuditRow.lineBytesMax { rest += data[start...] }
                }
            } catch let failure as AuditFailure { throw failure } catch { throw .unreadable(path: segment.path) }
            isTorn = !rest.isEmpty
            // Only the newest file can have been cut short: elsewhere such bytes were put there.
            if isTorn, segment != all.last {
                do { try body(rest, segment) } catch let failure as AuditFailure { throw failure } catch {
                    throw .unreadable(path: segment.path)
                }
            }
        }
        return isTorn
    }
}

/// Why a log cannot be written or read.
package enum AuditFailure: Error, Hashable, Sendable {
    /// The system's error number: a full disk is 28.
    case unwritable(path: String, errno: Int32)
    case unreadable(path: String)
    /// Another process has held the log for longer than an append may wait.
    case busy(path: String)
    /// The log's newest row has the last number there is.
    case full(path: String)
}

extension AuditFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unwritable(let path, let number):
            "\(path) cannot be written: \(unsafe String(cString: strerror(number)))"
        case .unreadable(let path): "\(path) cannot be read"
        case .busy(let path): "\(path) is held by another process"
        case .full(let path): "\(path) has no room for another row's number"
        }
    }
}
