// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Ledger
import Synchronization

/// Takes records from anywhere without ever waiting, and writes them on a thread of its own.
///
/// What repeats is counted: of records that are alike the first of each span is written at once where it matters, and
/// at the end of the span one row says how many more there were. So what strangers can make it write has a bound, and a
/// disk that is full or slow holds up nobody: records wait in a bounded queue, and those that find no room are counted
/// and told of in a row of their own once there is room again.
/// - Spec: AUD-4, AUD-7, AUD-8.
package final class AuditDesk: Sendable {
    /// Records that wait for the disk, at most.
    package static let waitingMax = 4_096
    /// Records of different kinds counted in one span, at most; more are counted together.
    package static let kindsMax = 4_096
    /// Of one caller: whoever makes more hides what he did, and neither who he is nor what others do.
    package static let callerKindsMax = 256
    /// Of strangers, whose names cost nothing: at one address, and at all of them together.
    package static let addressKindsMax = 16
    package static let strangerKindsMax = 256

    private struct State {
        var waiting: [(time: Timestamp, record: AuditRecord)] = []
        /// How often each kind came beyond what was written at once, and the newest of them.
        var counted: [AuditRecord: (count: UInt64, newest: AuditRecord)] = [:]
        /// In the order they came: a log should not depend on a hash table's order.
        var order: [AuditRecord] = []
        /// Kinds of each caller, and of strangers at each address; as many as there are kinds at most.
        var kindsBySource: [String: Int] = [:]
        var strangerKinds = 0
        var lost: UInt64 = 0
        var isScheduled = false
        /// A write that failed is tried again, once at a time however much comes meanwhile.
        var isRetrying = false
        var problem: String?
        var tip = AuditLog.Tip.none
        var written: UInt64 = 0
    }

    /// What the desk says of itself, for figures and alarms.
    package struct Standing: Hashable, Sendable {
        package let tip: AuditLog.Tip
        /// Why nothing can be written at the moment.
        package let problem: String?
        package let waiting: Int
    }

    private let log: AuditLog
    private let clock: @Sendable () -> Timestamp
    private let alarm: @Sendable (String?) -> Void
    private let state = Mutex(State())
    private let queue: DispatchQueue
    private let span: Int

    /// - Parameters:
    ///   - span: seconds over which what is alike is counted.
    ///   - alarm: told why nothing can be written, and nil when it can be again.
    package init(
        _ log: AuditLog, span: Int = 60, clock: @escaping @Sendable () -> Timestamp,
        alarm: @escaping @Sendable (String?) -> Void = { _ in }
    ) {
        (self.log, self.clock, self.alarm) = (log, clock, alarm)
        queue = DispatchQueue(label: "audit.\(log.folder.name)", qos: .utility)
        self.span = span
        arm()
    }

    private func arm() {
        queue.asyncAfter(deadline: .now() + .seconds(span)) { [weak self] in
            guard let self else { return }
            closeSpan()
            write()
            arm()
        }
    }

    /// A row of its own.
    package func note(_ record: AuditRecord) {
        let time = clock()
        let isNew = state.withLock { state in
            AuditDesk.put((time, record), &state)
            defer { state.isScheduled = true }
            return !state.isScheduled && !state.isRetrying
        }
        if isNew { queue.async { [weak self] in self?.write() } }
    }

    /// One of many, or of as many as the record says: counted with those that are alike.
    /// - Parameters:
    ///   - atOnce: the first of a span is written when it comes.
    ///   - address: where a stranger was; nil for whom a member stands behind.
    package func count(_ record: AuditRecord, atOnce: Bool, stranger address: String? = nil) {
        // What differs from one to the next of the same kind.
        var kind = record
        (kind.height, kind.detail, kind.count) = (nil, "", 1)
        let isFirst = state.withLock { state in
            if let known = state.counted[kind] {
                state.counted[kind] = (known.count + record.count, record)
                return false
            }
            guard AuditDesk.isRoom(for: record, address, &state) else {
                let rest = AuditDesk.rest(record, address, state)
                var others = rest
                (others.detail, others.count) = ("", 1)
                if state.counted[others] == nil { state.order.append(others) }
                state.counted[others] = ((state.counted[others]?.count ?? 0) + record.count, rest)
                return false
            }
            state.order.append(kind)
            state.counted[kind] = (atOnce ? 0 : record.count, record)
            return atOnce
        }
        if isFirst { note(record) }
    }

    /// Whether another kind of this caller is counted by itself; it is entered where it is.
    private static func isRoom(for record: AuditRecord, _ address: String?, _ state: inout State) -> Bool {
        guard state.order.count < kindsMax else { return false }
        let source = address.map { "from \($0)" } ?? record.who
        let bound = address == nil ? callerKindsMax : addressKindsMax
        // Rows of nobody, as those of links, share the bound of all alone.
        if !source.isEmpty, state.kindsBySource[source, default: 0] >= bound { return false }
        if address != nil {
            guard state.strangerKinds < strangerKindsMax else { return false }
            state.strangerKinds += 1
        }
        state.kindsBySource[source, default: 0] += 1
        return true
    }

    /// What is counted together once there are too many kinds: whoever makes many hides what he did, not who he is or
    /// where; many who do it hide that too.
    private static func rest(_ record: AuditRecord, _ address: String?, _ state: State) -> AuditRecord {
        let isCrowded =
            state.order.count >= 2 * kindsMax || address != nil && state.strangerKinds >= strangerKindsMax
        let isNamed = address == nil && !isCrowded
        return AuditRecord(
            record.act, record.verdict, code: record.code, who: isNamed ? record.who : "",
            organization: isNamed ? record.organization : "",
            object: "others" + (isCrowded ? "" : address.map { " from \($0)" } ?? ""), count: record.count,
            detail: "too many kinds in one span")
    }

    /// Returns when all that was noted and counted before is on the disk, or cannot be written. Waits on no thread that
    /// others need.
    package func flush() async {
        await withCheckedContinuation { (told: CheckedContinuation<Void, Never>) in
            queue.async { [self] in
                closeSpan()
                write()
                // Commands beside the node append to the same log: the newest row need not be ours.
                if let tip = try? log.tip() { state.withLock { $0.tip = tip } }
                told.resume()
            }
        }
    }

    /// Writes rows that must be there, all of them or none, behind what was noted before.
    /// - Throws: where they are not on the disk; they are not tried again here.
    package func write(_ records: [AuditRecord]) async throws(AuditFailure) {
        let result = await withCheckedContinuation {
            (told: CheckedContinuation<Result<Void, AuditFailure>, Never>) in
            queue.async { [self] in
                write()
                let time = clock()
                told.resume(
                    returning: Result { () throws(AuditFailure) in try append(records.map { (time, $0) }) })
            }
        }
        try result.get()
    }

    package var standing: Standing {
        state.withLock { Standing(tip: $0.tip, problem: $0.problem, waiting: $0.waiting.count) }
    }

    // MARK: On the desk's own thread

    private static func put(_ entry: (Timestamp, AuditRecord), _ state: inout State) {
        guard state.waiting.count < waitingMax else {
            state.lost += entry.1.count
            return
        }
        state.waiting.append(entry)
    }

    private func closeSpan() {
        let time = clock()
        state.withLock { state in
            for kind in state.order {
                guard let (count, newest) = state.counted[kind], count > 0 else { continue }
                var record = newest
                record.count = count
                AuditDesk.put((time, record), &state)
            }
            state.order = []
            state.counted = [:]
            state.kindsBySource = [:]
            state.strangerKinds = 0
        }
    }

    private func write() {
        let time = clock()
        let (waiting, lost) = state.withLock { state in
            state.isScheduled = false
            let taken = (state.waiting, state.lost)
            (state.waiting, state.lost) = ([], 0)
            return taken
        }
        guard !waiting.isEmpty || lost > 0 else { return }
        var entries = waiting
        if lost > 0 {
            let detail = "records found no room while the log could not be written"
            entries.append((time, AuditRecord("audit.lost", .failed, count: lost, detail: detail)))
        }
        do { try append(entries) } catch {
            let isFirst = state.withLock { state in
                let later = state.waiting
                state.waiting = Array(waiting.prefix(AuditDesk.waitingMax))
                state.lost += lost
                for entry in later { AuditDesk.put(entry, &state) }
                defer { state.isRetrying = true }
                return !state.isRetrying
            }
            guard isFirst else { return }
            queue.asyncAfter(deadline: .now() + .seconds(1)) { [weak self] in
                self?.state.withLock { $0.isRetrying = false }
                self?.write()
            }
        }
    }
    /// Appends, and raises the alarm or ends it.
    private func append(_ entries: [(time: Timestamp, record: AuditRecord)]) throws(AuditFailure) {
        do {
            let tip = try log.append(entries)
            let wasFailing = state.withLock { state in
                defer { state.problem = nil }
                state.tip = tip
                return state.problem != nil
            }
            if wasFailing { alarm(nil) }
        } catch {
            let isNew = state.withLock { state in
                defer { state.problem = error.description }
                return state.problem == nil
            }
            if isNew { alarm(error.description) }
            throw error
        }
    }
}
