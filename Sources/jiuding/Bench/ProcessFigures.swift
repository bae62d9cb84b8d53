// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// What the kernel says a process has used. Absent processes have used nothing.
struct ProcessFigures: Sendable {
    /// CPU seconds of all threads, those that have ended as well.
    let cpuSeconds: Double
    /// CPU seconds by thread name, threads that still run only.
    let threadSeconds: [String: Double]
    let residentBytes: UInt64
    let residentPeakBytes: UInt64

    init(of process: Int32) {
        cpuSeconds = ProcessFigures.seconds(in: "/proc/\(process)/stat")?.seconds ?? 0
        var threads: [String: Double] = [:]
        let folder = "/proc/\(process)/task"
        for thread in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard let (name, used) = ProcessFigures.seconds(in: "\(folder)/\(thread)/stat") else { continue }
            threads[name, default: 0] += used
        }
        threadSeconds = threads
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        residentBytes = ProcessFigures.kibibytes("VmRSS:", in: status) << 10
        residentPeakBytes = ProcessFigures.kibibytes("VmHWM:", in: status) << 10
    }

    /// Name and user plus system time of a `stat` line; the name stands in parentheses and may hold anything.
    private static func seconds(in path: String) -> (name: String, seconds: Double)? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close
        else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
            return nil
        }
        return (String(text[text.index(after: open)..<close]), (user + system) / ticksPerSecond)
    }

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    private static func kibibytes(_ name: String, in status: String) -> UInt64 {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return line.flatMap { $0.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first }
            .flatMap { UInt64($0) } ?? 0
    }
}

/// CPU time by what threads are for, as far as threads tell: a thread that does two things counts under one.
struct ThreadShares: Sendable {
    enum Share: String, Sendable, CaseIterable {
        /// Signature checks: the threads check-N.
        case verify
        /// Execution, the state tree and the commits to the store: one thread does all three.
        case execute
        /// Work the store does behind its writers' backs: flushes and compaction.
        case store
        /// Sockets, links and HTTP: the event loops.
        case network
        /// The chain's own thread: voting, ordering, the mempool.
        case consensus
        /// Long messages of peers, read and checked: bodies and transactions.
        case peers
        /// The shared pool where requests are decoded and answers made, and the key desk.
        case other

        init(thread: String) {
            if thread.hasPrefix("check-") {
                self = .verify
            } else if thread.hasPrefix("execute-") {
                self = .execute
            } else if thread.hasPrefix("rocksdb") {
                self = .store
            } else if thread.hasPrefix("NIO") {
                self = .network
            } else if thread.hasPrefix("chain-") {
                self = .consensus
            } else if thread.hasPrefix("peers-") {
                self = .peers
            } else {
                self = .other
            }
        }
    }

    private(set) var seconds: [Share: Double] = [:]

    /// What was used between two readings.
    init(from start: ProcessFigures, to end: ProcessFigures) {
        for (name, used) in end.threadSeconds {
            seconds[Share(thread: name), default: 0] += used - start.threadSeconds[name, default: 0]
        }
    }
}
