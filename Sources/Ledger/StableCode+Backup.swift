// SPDX-License-Identifier: Apache-2.0

/// What can be wrong with a snapshot file or an archive, and with reading what has gone to one.
/// - Spec: BACK-4, ARCH-5 (docs/spec/backup.md).
extension StableCode {
    package static let backupMalformed = StableCode(
        2201, "the file is not in canonical form",
        zh: "文件不是规定的唯一编码形式",
        fix: "take another copy of the file; the byte says where it stops making sense",
        zh: "请换一份副本；字节位置指出出错处")
    package static let backupTruncated = StableCode(
        2202, "the file ends too early",
        zh: "文件不完整",
        fix: "copy the file again, whole",
        zh: "请重新完整复制文件")
    package static let backupOtherChain = StableCode(
        2203, "the file is of another chain",
        zh: "文件属于另一条链",
        fix: "use this chain's file, or the trust anchor of the file's chain",
        zh: "请使用本链的文件，或使用文件所属链的信任锚")
    package static let backupUnproven = StableCode(
        2204, "no quorum of the chain's committee stands behind the state in the file",
        zh: "文件中的状态没有委员会法定多数的证明",
        fix: "do not use the file; make a new one from a node you trust",
        zh: "请勿使用该文件；请从可信节点重新生成")
    package static let backupForeignPart = StableCode(
        2205, "a part of the file is not of the proven state",
        zh: "文件中有一部分不属于已证明的状态",
        fix: "take another copy of the file, or make a new one",
        zh: "请换一份副本，或重新生成")
    package static let backupMisplacedPart = StableCode(
        2206, "a part of the file is missing, repeated or out of its order",
        zh: "文件中有部分缺失、重复或次序错误",
        fix: "take another copy of the file, or make a new one",
        zh: "请换一份副本，或重新生成")
    package static let backupOtherDigest = StableCode(
        2207, "the file's content is not what its end says it is",
        zh: "文件内容与其结尾的摘要不符",
        fix: "take another copy of the file",
        zh: "请换一份副本")
    package static let backupNothing = StableCode(
        2208, "the store holds no attested state that could be given away",
        zh: "存储中还没有可导出的已证明状态",
        fix: "wait until the chain has made a few blocks, then try again",
        zh: "请等待链再产生几个区块后重试")
    package static let backupTargetTaken = StableCode(
        2209, "the chain's directory is not empty",
        zh: "链目录不为空",
        fix: "restore into a new directory; nothing that is there is ever overwritten",
        zh: "请恢复到新目录；已有内容不会被覆盖")
    package static let backupOtherCommittee = StableCode(
        2210, "the trust anchor's committee never was this chain's in the file",
        zh: "信任锚的委员会与文件中的委员会沿革不符",
        fix: "compare the anchor's fingerprint with a second source",
        zh: "请与其他来源核对信任锚指纹")
    package static let archiveUnproven = StableCode(
        2211, "a block of the archive is not proven by the chain's committee",
        zh: "归档中有区块缺少委员会的证明",
        fix: "take another node's archive of these heights",
        zh: "请使用其他节点对应高度的归档")
    package static let archiveGap = StableCode(
        2212, "blocks are missing between the archive's files",
        zh: "归档文件之间缺少区块",
        fix: "bring the missing file back, or take it from another node's archive",
        zh: "请找回缺失的文件，或取自其他节点的归档")
    package static let archiveNotFound = StableCode(
        2213, "the transaction is not in the archive",
        zh: "归档中没有该交易",
        fix: "check the identifier; newer transactions are still in the node's store",
        zh: "请核对标识；较新的交易仍在节点存储中")
    package static let blockArchived = StableCode(
        3110, "the block's transactions are no longer in this node's store",
        zh: "该区块的交易已移出本节点存储",
        fix: "get the receipt from the archive: jiuding chain archive get; or ask a node that keeps every block",
        zh: "请用 jiuding chain archive get 从归档取得回执，或查询保留全部区块的节点")
}
