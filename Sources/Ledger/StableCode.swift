// SPDX-License-Identifier: Apache-2.0
package import Bedrock

/// Every code a user, a program or another vendor's verifier may meet, with a sentence and a remedy in two
/// languages.
///
/// A number never changes its meaning and is never used again (interfaces.md section 1). The table is
/// closed: a code that is not in `all` does not exist. 10xx bytes, 11xx admission, 12xx to 16xx execution,
/// 21xx proofs, 22xx backups (docs/spec/backup.md), 23xx audit
/// logs (docs/spec/audit.md), 24xx foundings, 25xx contract modules (docs/spec/wasm.md), 31xx gateway.
/// - Spec: RCPT-6; docs/spec/receipt.md lists the proofs' codes, docs/spec/ledger.md the others.
package struct StableCode: Hashable, Sendable {
    package let number: Int
    /// What is wrong, as a clause that may follow a colon.
    package let title: String
    package let titleZh: String
    /// What to do about it.
    package let fix: String
    package let fixZh: String

    init(_ number: Int, _ title: String, zh titleZh: String, fix: String, zh fixZh: String) {
        self.number = number
        self.title = title
        self.titleZh = titleZh
        self.fix = fix
        self.fixZh = fixZh
    }

    /// The form people see: `JD-2103`.
    package var label: String { "JD-\(number)" }

    /// Whether it says that whoever signed or asked has no right to what it wanted.
    package var deniesRight: Bool {
        (StableCode.memberFrozen.number...StableCode.deniedByPolicy.number).contains(number)
            || [.unknownSenderKey, .unknownSender, .scopeTooSmall, .notAuditor].contains(self)
    }

    /// - Returns: nil for a number that means nothing.
    package static func numbered(_ number: Int) -> StableCode? { all.first { $0.number == number } }

    package static func == (left: StableCode, right: StableCode) -> Bool { left.number == right.number }

    package func hash(into hasher: inout Hasher) { hasher.combine(number) }

    /// Every code, ascending.
    package static let all: [StableCode] =
        [doors, rights, governance, contracts, files, founding, wasm].joined().sorted { $0.number < $1.number }

    private static let doors: [StableCode] = [
        .malformed, .otherChain, .expired, .notYetValid, .windowTooLong, .badSignature, .unknownSenderKey,
        .oversized, .poolFull, .quotaUsed, .chainHalted, .refusedForNow, .unknownContract, .unknownMethod,
        .malformedArguments, .outOfGas, .unknownSender, .outsideWindow, .evidenceNotFound,
        .evidenceNotOwned, .evidenceNotesFull, .committeeChangePending, .committeeTooSmall,
    ]

    private static let files: [StableCode] = [
        .proofMalformed, .proofUnsealedAnchor,
        .proofOtherChain,
        .proofOtherTransaction, .proofSenderSignature, .proofReceiptPath, .proofStatePath,
        .proofHistoryPath, .proofAttestation, .proofOtherHeader, .proofCertificate, .proofHandover,
        .proofOtherCommittee, .proofFailedExecution, .proofNotEvidence, .proofOtherStatement,
        .proofOtherFile, .proofOtherSize, .backupMalformed, .backupTruncated, .backupOtherChain, .backupUnproven,
        .backupForeignPart, .backupMisplacedPart, .backupOtherDigest, .backupNothing, .backupTargetTaken,
        .backupOtherCommittee, .archiveUnproven, .archiveGap, .archiveNotFound,
        .auditChanged, .auditMissing, .auditMisplaced, .auditReplaced, .auditCut, .auditUnwritable,
        .unknownChain, .notFound,
        .wrongContentType, .bodyTooLarge,
        .malformedRequest, .tooManyRequests, .unauthorised, .heightPruned, .gatewayInternal,
        .blockArchived, .tokenExpired, .tokenRevoked, .requestClock, .requestReplayed, .requestSignature,
        .scopeTooSmall, .rateUsed, .dayUsed, .tokensFull, .notAuditor,
    ]
}

// Bytes from outside.
extension StableCode {
    package static let malformed = StableCode(
        1001, "the bytes are not the canonical form of what they should be",
        zh: "字节不是规定的唯一编码形式",
        fix: "send the bytes as the encoder made them; the offset says where they stop making sense",
        zh: "请原样发送编码结果；偏移量指出出错位置")
}

// A transaction refused at the door; it was not kept and may be sent again where the fix says so.
extension StableCode {
    package static let otherChain = StableCode(
        1101, "the transaction is for another chain",
        zh: "交易属于另一条链",
        fix: "send it to the chain it names, or sign it anew for this chain",
        zh: "请发往交易所指的链，或为本链重新签名")
    package static let expired = StableCode(
        1102, "the transaction's window has passed",
        zh: "交易有效高度已过",
        fix: "sign it anew with a later window",
        zh: "请以更晚的有效高度重新签名")
    package static let notYetValid = StableCode(
        1103, "the transaction's window lies in the future",
        zh: "交易有效高度尚未开始",
        fix: "send it again once the chain has reached its first height",
        zh: "请待链到达起始高度后重新发送")
    package static let windowTooLong = StableCode(
        1104, "the transaction's window is longer than allowed",
        zh: "交易有效高度区间过长",
        fix: "sign it anew with a window of at most 100000 heights",
        zh: "请以不超过 100000 个高度的区间重新签名")
    package static let badSignature = StableCode(
        1105, "the sender's signature does not verify",
        zh: "发送者签名验证失败",
        fix: "sign with the SM2 key the transaction names, user ID 1234567812345678",
        zh: "请用交易所载公钥对应的 SM2 私钥签名")
    package static let unknownSenderKey = StableCode(
        1106, "the sender's key is not a member's",
        zh: "发送者公钥不是本链成员",
        fix: "have the key admitted as a member, then send again",
        zh: "请先将该公钥登记为成员再发送")
    package static let oversized = StableCode(
        1107, "the transaction is larger than allowed",
        zh: "交易超过大小上限",
        fix: "keep documents off the chain and send their digests",
        zh: "请将文件留在链外，仅提交其摘要")
    package static let poolFull = StableCode(
        1108, "the waiting room is full",
        zh: "待处理交易池已满",
        fix: "send it again in a second",
        zh: "请一秒后重新发送")
    package static let quotaUsed = StableCode(
        1109, "this sender has too many transactions waiting",
        zh: "该发送者等待中的交易过多",
        fix: "wait until some of them are final",
        zh: "请等待部分交易最终确认后再发送")
    package static let chainHalted = StableCode(
        1110, "the chain has stopped on this node",
        zh: "本节点上的链已停止",
        fix: "send it to another node; the operator sees the reason in `jiuding doctor`",
        zh: "请发往其他节点；运维人员可用 jiuding doctor 查看原因")
    package static let refusedForNow = StableCode(
        1111, "the node takes no transactions for now: it is behind or shutting down",
        zh: "节点暂不接收交易：正在追赶或关闭",
        fix: "send it again in a few seconds or to another node",
        zh: "请几秒后重发，或发往其他节点")
}

// A transaction executed without effect; the result is on the chain for ever.
extension StableCode {
    package static let unknownContract = StableCode(
        1201, "there is no contract of that name",
        zh: "没有该名称的合约",
        fix: "check the contract's name and that it is deployed on this chain",
        zh: "请核对合约名称及其是否已部署在本链")
    package static let unknownMethod = StableCode(
        1202, "the contract has no such method",
        zh: "合约没有该方法",
        fix: "check the method's name against the contract's description",
        zh: "请对照合约说明核对方法名")
    package static let malformedArguments = StableCode(
        1203, "the arguments are not what the method takes",
        zh: "参数不符合方法要求",
        fix: "encode the arguments as the contract's description says",
        zh: "请按合约说明编码参数")
    package static let outOfGas = StableCode(
        1204, "the transaction used up its gas",
        zh: "交易执行费用已用尽",
        fix: "ask for less in one transaction",
        zh: "请减少单笔交易的工作量")
    package static let unknownSender = StableCode(
        1205, "the sender was no member when the transaction was executed",
        zh: "执行时发送者不是成员",
        fix: "have the key admitted as a member, then sign anew",
        zh: "请先登记为成员再重新签名")
    package static let outsideWindow = StableCode(
        1206, "the block lies outside the transaction's window",
        zh: "所在区块不在交易有效高度内",
        fix: "sign it anew with a later window",
        zh: "请以更晚的有效高度重新签名")
    package static let evidenceNotFound = StableCode(
        1301, "this sender has no record of that digest",
        zh: "该发送者没有此摘要的存证",
        fix: "deposit the digest first",
        zh: "请先存证该摘要")
    package static let evidenceNotOwned = StableCode(
        1302, "the record belongs to another depositor",
        zh: "该存证属于其他存证者",
        fix: "have the depositor add the note",
        zh: "请由原存证者添加备注")
    package static let evidenceNotesFull = StableCode(
        1303, "the record has as many notes as it can hold",
        zh: "该存证备注已满",
        fix: "deposit a new record that refers to this one",
        zh: "请新建存证并引用此存证")
    package static let committeeChangePending = StableCode(
        1402, "a change of the committee is decided already and not yet in force",
        zh: "已有一项委员会变更获批，尚未生效",
        fix: "wait until the next epoch has begun",
        zh: "请等待下一纪元开始")
    package static let committeeTooSmall = StableCode(
        1404, "a committee of four or more would shrink below four",
        zh: "四名以上验证者的委员会不得减至四名以下",
        fix: "propose a committee of at least four validators",
        zh: "请提出至少四名验证者的委员会")
}

// A proof that proves nothing: the first link found broken. Final: the same bytes never become a proof.
extension StableCode {
    package static let proofMalformed = StableCode(
        2101, "the file is not a receipt or a trust anchor in canonical form",
        zh: "文件不是规范格式的回执或信任锚",
        fix: "fetch the receipt anew; a receipt must be kept byte for byte",
        zh: "请重新获取回执；回执须逐字节保存")
    package static let proofUnsealedAnchor = StableCode(
        2102, "the trust anchor is not signed by its own committee",
        zh: "信任锚未由其委员会签名",
        fix: "get the trust anchor again from an organisation you trust",
        zh: "请从可信机构重新获取信任锚")
    package static let proofOtherChain = StableCode(
        2103, "the receipt is for another chain",
        zh: "回执属于另一条链",
        fix: "use the trust anchor of the chain the receipt names",
        zh: "请使用回执所属链的信任锚")
    package static let proofOtherTransaction = StableCode(
        2104, "the transaction is not the one the receipt speaks of",
        zh: "交易与回执所指不一致",
        fix: "fetch the receipt anew",
        zh: "请重新获取回执")
    package static let proofSenderSignature = StableCode(
        2105, "the sender's signature on the transaction does not verify",
        zh: "交易的发送者签名验证失败",
        fix: "fetch the receipt anew; if it stays so, the receipt is forged",
        zh: "请重新获取回执；如仍失败则回执系伪造")
    package static let proofReceiptPath = StableCode(
        2106, "the result is not among its block's results",
        zh: "执行结果不在所在区块的结果之中",
        fix: "fetch the receipt anew; if it stays so, the receipt is forged",
        zh: "请重新获取回执；如仍失败则回执系伪造")
    package static let proofStatePath = StableCode(
        2107, "the value is not in the proven state",
        zh: "该值不在所证明的状态之中",
        fix: "read the value anew, from another node if it stays so",
        zh: "请重新读取，必要时换一个节点")
    package static let proofHistoryPath = StableCode(
        2108, "the block is not in the attested history",
        zh: "区块不在已确认的历史之中",
        fix: "fetch the receipt anew; if it stays so, the receipt is forged",
        zh: "请重新获取回执；如仍失败则回执系伪造")
    package static let proofAttestation = StableCode(
        2109, "the attesting header does not cover the block",
        zh: "证明区块头未覆盖该区块",
        fix: "fetch the receipt anew",
        zh: "请重新获取回执")
    package static let proofOtherHeader = StableCode(
        2110, "the certificate is about another header or not one of finality",
        zh: "证书针对另一区块头或不是最终性证书",
        fix: "fetch the receipt anew",
        zh: "请重新获取回执")
    package static let proofCertificate = StableCode(
        2111, "the attesting header was not signed by a quorum of the committee",
        zh: "证明区块头未获委员会法定多数签名",
        fix: "fetch the receipt anew; if it stays so, the receipt is forged",
        zh: "请重新获取回执；如仍失败则回执系伪造")
    package static let proofHandover = StableCode(
        2112, "a change of the committee is not proven",
        zh: "委员会变更未被证明",
        fix: "fetch the receipt anew; if it stays so, the receipt is forged",
        zh: "请重新获取回执；如仍失败则回执系伪造")
    package static let proofOtherCommittee = StableCode(
        2113, "the signing committee is not reached from the trusted one",
        zh: "签名委员会无法由可信委员会推得",
        fix: "fetch the receipt anew with the changes since your trust anchor",
        zh: "请重新获取包含自信任锚以来全部变更的回执")
    package static let proofFailedExecution = StableCode(
        2114, "the transaction was executed and failed",
        zh: "交易已执行但失败",
        fix: "deposit again after mending what the inner code names",
        zh: "请按内层代码改正后重新存证")
    package static let proofNotEvidence = StableCode(
        2115, "the transaction is not a deposit of evidence",
        zh: "该交易不是存证交易",
        fix: "use `jiuding chain tx` to look at other transactions",
        zh: "其他交易请用 jiuding chain tx 查看")
    package static let proofOtherStatement = StableCode(
        2116, "the result contradicts the transaction or the path",
        zh: "执行结果与交易或路径相矛盾",
        fix: "fetch the receipt anew",
        zh: "请重新获取回执")
    package static let proofOtherFile = StableCode(
        2117, "the file is not the one deposited: its digest differs",
        zh: "文件与存证不符：摘要不同",
        fix: "verify the receipt against the original file",
        zh: "请用原始文件核验回执")
    package static let proofOtherSize = StableCode(
        2118, "the file is not the one deposited: its size differs",
        zh: "文件与存证不符：大小不同",
        fix: "verify the receipt against the original file",
        zh: "请用原始文件核验回执")
}

// A request the gateway refused.
extension StableCode {
    package static let unknownChain = StableCode(
        3101, "this node serves no chain of that name",
        zh: "本节点没有该名称的链",
        fix: "see GET /v1/chains for the chains it serves",
        zh: "请用 GET /v1/chains 查看本节点服务的链")
    package static let notFound = StableCode(
        3102, "there is nothing under that name",
        zh: "没有找到",
        fix: "check the identifier; a new transaction may not be final yet",
        zh: "请核对标识；新交易可能尚未最终确认")
    package static let wrongContentType = StableCode(
        3103, "the content type is not the one this operation takes",
        zh: "内容类型不符",
        fix: "send the content type the OpenAPI document names",
        zh: "请按 OpenAPI 文档设置内容类型")
    package static let bodyTooLarge = StableCode(
        3104, "the request's body is too large",
        zh: "请求体过大",
        fix: "send less in one request",
        zh: "请减小单次请求的内容")
    package static let malformedRequest = StableCode(
        3105, "the request is not well-formed",
        zh: "请求格式有误",
        fix: "mend the field the detail names",
        zh: "请改正详情所指的字段")
    package static let tooManyRequests = StableCode(
        3106, "too many requests",
        zh: "请求过于频繁",
        fix: "wait as long as Retry-After says",
        zh: "请按 Retry-After 等待")
    package static let unauthorised = StableCode(
        3107, "the caller may not do this",
        zh: "无权执行此操作",
        fix: "send a token or a signature that carries the right",
        zh: "请携带有相应权限的令牌或签名")
    package static let heightPruned = StableCode(
        3108, "this height is no longer kept here",
        zh: "该高度的数据已清理",
        fix: "ask an archive node, or read at a later height",
        zh: "请查询归档节点，或读取更晚的高度")
    package static let gatewayInternal = StableCode(
        3109, "the gateway failed; the fault is ours",
        zh: "网关内部错误",
        fix: "try again; give the operator the instance of this answer",
        zh: "请重试，并将本次应答的 instance 告知运维人员")
}

extension ResultCode {
    /// The entry of the table, nil for success and for codes of contracts this build does not know.
    package var stable: StableCode? { StableCode.numbered(Int(value)) }
}

extension DecodeError {
    /// Malformed bytes have one code, however they are malformed; the offset tells them apart.
    package var code: Int { StableCode.malformed.number }
}

extension ProofError {
    /// The stable number of the broken link, one a case.
    package var code: Int { stable.number }

    package var stable: StableCode {
        switch self {
        case .malformed: .proofMalformed
        case .unsealedAnchor: .proofUnsealedAnchor
        case .otherChain: .proofOtherChain
        case .otherTransaction: .proofOtherTransaction
        case .senderSignature: .proofSenderSignature
        case .receiptPath: .proofReceiptPath
        case .statePath: .proofStatePath
        case .historyPath: .proofHistoryPath
        case .attestation: .proofAttestation
        case .otherHeader: .proofOtherHeader
        case .certificate: .proofCertificate
        case .handover: .proofHandover
        case .otherCommittee: .proofOtherCommittee
        case .failedExecution: .proofFailedExecution
        case .notEvidence: .proofNotEvidence
        case .otherStatement: .proofOtherStatement
        case .otherFile: .proofOtherFile
        case .otherSize: .proofOtherSize
        }
    }
}
