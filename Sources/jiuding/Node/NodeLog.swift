// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Ledger
package import Logging
import Synchronization

/// How much a running node says; changed while it runs.
package final class LogLevel: Sendable {
    private let state: Mutex<Logger.Level>

    package init(_ level: Logger.Level) { state = Mutex(level) }

    package var level: Logger.Level {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// Writes a line for each message: JSON for collectors, plain words where a person looks.
/// - Spec: NODE-7.
package struct NodeLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let shared: LogLevel
    private let node: String
    private let isPlain: Bool
    private let write: @Sendable (String) -> Void

    /// - Parameter write: takes one whole line with its end.
    package init(
        node: String, level: LogLevel, isPlain: Bool,
        write: @escaping @Sendable (String) -> Void = { Terminal.write($0, to: .standardError) }
    ) {
        (self.node, shared, self.isPlain, self.write) = (node, level, isPlain, write)
    }

    /// One level for the node: what a single logger asks for is not heard.
    package var logLevel: Logger.Level {
        get { shared.level }
        set {}
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        // In the order of their names, so that lines can be compared.
        let extra = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
        let time = Timestamp(UInt64(max(0, Date().timeIntervalSince1970 * 1_000))).rfc3339
        if isPlain {
            let words = extra.map { " \($0.key)=\($0.value)" }.joined()
            return write("\(time) \(event.level) \(event.message)\(words)\n")
        }
        let head: [(String, String)] = [
            ("time", time), ("level", "\(event.level)"), ("node", node), ("message", "\(event.message)"),
        ]
        let members = (head + extra.map { ($0.key, "\($0.value)") }).map {
            JSONText.Member(key: $0.0, value: .text($0.1))
        }
        write(JSONText.object(members).compact + "\n")
    }
}
