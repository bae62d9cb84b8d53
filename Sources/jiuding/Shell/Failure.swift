// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import KeyCustody
import Ledger
import ShangMi

/// Why a command did not do what it was asked: one sentence, the stable code, the fix.
///
/// `JD-2103 receipt is for another chain: expected main@9f3a…, found …`
/// - Spec: CLI-1.
package struct Failure: Error, Hashable, Sendable {
    /// What the shell is told (interfaces.md section 1).
    package enum Exit: Int32, Sendable {
        /// The answer is no, or the operation failed.
        case no = 1
        case usage = 2
        /// The node cannot be reached.
        case unreachable = 3
        case notPermitted = 4
    }

    package let exit: Exit
    package let code: String
    package let sentence: String
    package let fix: String

    package init(_ exit: Exit, _ code: String, _ sentence: String, fix: String) {
        self.exit = exit
        self.code = code
        self.sentence = sentence
        self.fix = fix
    }

    /// Code and sentence on one line.
    var line: String { code.isEmpty ? sentence : "\(code) \(sentence)" }

    var json: JSONText {
        ["error": ["code": .text(code), "message": .text(sentence), "fix": .text(fix), "exit": .whole(exit.rawValue)]]
    }
}

extension StableCode {
    var sentence: String { phrase(title, zh: titleZh) }
    var remedy: String { phrase(fix, zh: fixZh) }
}

extension Failure {
    /// The broken link of a proof, with the facts that show it.
    /// - Parameter anchor: names the expected chain, where one is at hand.
    init(_ error: ProofError, anchor: TrustAnchor? = nil) {
        let stable = error.stable
        let facts = Failure.facts(error, anchor: anchor)
        self.init(
            .no, stable.label, stable.sentence + (facts.isEmpty ? "" : phrase(": ", zh: "：") + facts),
            fix: stable.remedy)
    }

    private static func facts(_ error: ProofError, anchor: TrustAnchor?) -> String {
        switch error {
        case .malformed(let flaw): return phrase("at byte \(flaw.offset)", zh: "位于第 \(flaw.offset) 字节")
        case .otherChain(let expected, let found):
            let name = anchor.map { "\($0.name.text)@" } ?? ""
            return expectation(name + expected.hex.shortened, found.hex.shortened)
        case .otherFile(let expected, let found): return expectation(expected.hex.shortened, found.hex.shortened)
        case .otherSize(let expected, let found): return expectation("\(expected)", "\(found)")
        case .certificate(let flaw): return certificateFacts(flaw)
        case .handover(let index): return phrase("change number \(index)", zh: "第 \(index) 次变更")
        case .failedExecution(let code): return code.stable.map { "\($0.label) \($0.sentence)" } ?? "\(code.value)"
        default: return ""
        }
    }

    private static func expectation(_ expected: String, _ found: String) -> String {
        phrase("expected \(expected), found \(found)", zh: "应为 \(expected)，实为 \(found)")
    }

    private static func certificateFacts(_ error: CertificateError) -> String {
        switch error {
        case .tooFew(let found, let needed):
            phrase("\(found) signers, \(needed) needed", zh: "签名者 \(found) 个，需要 \(needed) 个")
        case .unknownSigner(let index):
            phrase("signer \(index.value) is not of the committee", zh: "签名者 \(index.value) 不属于委员会")
        case .badSignature(let index):
            phrase("signature of validator \(index.value) does not verify", zh: "验证者 \(index.value) 的签名无效")
        case .inconsistent: phrase("its parts contradict each other", zh: "各部分相互矛盾")
        }
    }

    /// What a node's answer, or its silence, comes to.
    init(_ error: ClientError) {
        switch error {
        case .unreachable(let node, let reason):
            self.init(
                .unreachable, "JD-4001",
                phrase("the node at \(node) cannot be reached: \(reason)", zh: "无法连接节点 \(node)：\(reason)"),
                fix: phrase(
                    "start a network with `jiuding up`, or name another node with --node or $JIUDING_NODE",
                    zh: "请用 jiuding up 启动网络，或用 --node 或 $JIUDING_NODE 指定其他节点"))
        case .refused(let problem): self.init(problem)
        case .malformed(let node, let reason):
            self.init(
                .no, "JD-4002",
                phrase(
                    "the node at \(node) gave an answer that makes no sense: \(reason)",
                    zh: "节点 \(node) 的应答无法理解：\(reason)"),
                fix: phrase(
                    "ask another node, and see that it runs the same version",
                    zh: "请换一个节点，并核对其版本"))
        case .unusable(let reason):
            self.init(.usage, "JD-4003", reason, fix: phrase("mend the argument", zh: "请改正参数"))
        case .unproven(let error): self.init(error)
        }
    }

    init(_ problem: ClientError.Problem) {
        // Refusals that name a right the caller lacks are told apart from all others.
        let isDenial = problem.stable.map { $0.deniesRight || $0 == .unauthorised } ?? false
        let rightless = isDenial || [401, 403].contains(problem.status)
        let title = problem.stable?.sentence ?? problem.title
        let detail =
            problem.detail.isEmpty || problem.detail == problem.title ? "" : phrase(": ", zh: "：") + problem.detail
        self.init(
            rightless ? .notPermitted : .no, problem.code, title + detail,
            fix: problem.stable?.remedy ?? problem.fix)
    }

    init(_ error: CustodyError) {
        self.init(.no, error.code, error.bilingualSentence.spoken, fix: error.bilingualFix.spoken)
    }

    init(_ error: SignerError) {
        switch error {
        case .unavailable(let reason):
            self.init(
                .no, "JD-4004", phrase("the key could not sign: \(reason)", zh: "密钥无法签名：\(reason)"),
                fix: phrase("check the key or the device that holds it", zh: "请检查密钥或保管它的设备"))
        }
    }

    static func usage(_ sentence: String, fix: String) -> Failure { Failure(.usage, "JD-4003", sentence, fix: fix) }

    /// Runs work with keys and certificates and names what went wrong.
    static func namingCustody(_ body: () throws -> Void) throws {
        do { try body() } catch let error as CustodyError { throw Failure(error) }
    }

    /// Runs a call to a node and names what went wrong.
    static func naming<Answer>(
        _ body: () async throws(ClientError) -> Answer
    ) async throws(Failure) -> Answer {
        do { return try await body() } catch { throw Failure(error) }
    }
}

extension String {
    /// The beginning of a long hexadecimal name: enough to tell two apart at a glance.
    var shortened: String { count > 16 ? "\(prefix(12))…" : self }
}
