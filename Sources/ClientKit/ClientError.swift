// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// Why a node did not give what was asked of it. The three cases are what a command-line tool tells apart.
/// - Spec: API-30.
package enum ClientError: Error, Hashable, Sendable {
    /// Nobody answered in time, or the connection broke. May heal (exit code 3).
    case unreachable(node: String, reason: String)
    /// The node answered and refused. Whether it may heal depends on the code.
    case refused(Problem)
    /// The node answered with something this client does not understand, or that is not true. The node's
    /// fault.
    case malformed(node: String, reason: String)
    /// What was asked cannot be asked: a URL that is none, a transaction too large to send. The caller's
    /// fault.
    case unusable(reason: String)
    /// A proof the node gave does not hold. Final, and a reason to distrust the node.
    case unproven(ProofError)

    /// A refusal as RFC 9457 has it, with the stable code and the remedy.
    package struct Problem: Hashable, Sendable {
        /// The HTTP status.
        package let status: Int
        /// `JD-3102`; empty where whoever answered was no gateway of ours.
        package let code: String
        package let title: String
        package let detail: String
        package let fix: String
        /// When it may be tried again, in seconds, where the node said so.
        package let retryAfter: Int?

        package init(
            status: Int, code: String, title: String, detail: String, fix: String, retryAfter: Int?
        ) {
            self.status = status
            self.code = code
            self.title = title
            self.detail = detail
            self.fix = fix
            self.retryAfter = retryAfter
        }

        /// The table's entry for the code, nil where this build does not know it.
        package var stable: StableCode? {
            code.hasPrefix("JD-") ? Int(code.dropFirst(3)).flatMap(StableCode.numbered) : nil
        }
    }
}

extension ClientError: CustomStringConvertible {
    /// One sentence, with the code in front where there is one.
    package var description: String {
        switch self {
        case .unreachable(let node, let reason): "\(node) cannot be reached: \(reason)"
        case .refused(let problem):
            "\(problem.code) \(problem.title)\(problem.detail.isEmpty ? "" : ": \(problem.detail)")"
        case .malformed(let node, let reason): "\(node) gave an answer that makes no sense: \(reason)"
        case .unusable(let reason): reason
        case .unproven(let error): "\(error.stable.label) \(error.stable.title)"
        }
    }
}
