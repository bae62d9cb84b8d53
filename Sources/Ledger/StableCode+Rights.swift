// SPDX-License-Identifier: Apache-2.0

/// Why somebody may not do something, and what a register of members refuses (docs/spec/membership.md).
extension StableCode {
    static let rights: [StableCode] = [
        .memberFrozen, .memberRemoved, .organizationFrozen, .organizationLeft, .delegationElsewhere,
        .delegationOver, .delegationUsedUp, .contractFrozen, .deniedByPolicy, .fieldDenied, .fieldUnknown,
        .organizationUnknown,
        .organizationIncomplete, .organizationKnown, .organizationsFull, .creditCodeTaken, .notFrozen,
        .freezeTooShort, .memberUnknown, .keyKnown, .memberFixed, .officesConflict, .officeWithoutPerson,
        .adminsFull, .personKeysFull, .notAnnounced, .announcementOver, .delegationRefused, .delegationsFull,
        .delegationUnknown, .announcedByGovernance, .resourceProtected, .policyUnreadable, .policiesFull,
        .certificateRevoked, .certificateForeign, .revocationKnown, .revocationsFull, .notRevoker,
        .oneKeyForBoth, .officerSilenced, .freezeUnexplained,
    ]

    package static let memberFrozen = StableCode(
        1801, "the member is frozen",
        zh: "该成员已被冻结",
        fix: "see the reason with `jiuding member show`; it ends by itself or by governance",
        zh: "请用 jiuding member show 查看原因；到期自动解除或由治理解冻")
    package static let memberRemoved = StableCode(
        1802, "the member was removed or its key replaced",
        zh: "该成员已被移除或其密钥已更换",
        fix: "sign with a key that is in force",
        zh: "请使用有效的密钥签名")
    package static let organizationFrozen = StableCode(
        1803, "the member's organisation is frozen",
        zh: "该成员所属机构已被冻结",
        fix: "wait until the freeze is over, or have the other organisations end it",
        zh: "请等待冻结到期，或由其他机构解冻")
    package static let organizationLeft = StableCode(
        1804, "the member's organisation has left the consortium",
        zh: "该成员所属机构已退出联盟",
        fix: "ask an organisation of the consortium to admit you",
        zh: "请由联盟内机构重新接纳")
    package static let delegationElsewhere = StableCode(
        1805, "the delegated key may not call this method",
        zh: "委托密钥无权调用此方法",
        fix: "sign with the member's own key, or delegate this method",
        zh: "请用成员本人密钥签名，或重新委托此方法")
    package static let delegationOver = StableCode(
        1806, "the delegated key's time is over",
        zh: "委托密钥已到期",
        fix: "have the member delegate anew",
        zh: "请由成员重新委托")
    package static let delegationUsedUp = StableCode(
        1807, "the delegated key has made all its calls",
        zh: "委托密钥的调用次数已用尽",
        fix: "have the member delegate anew",
        zh: "请由成员重新委托")
    package static let contractFrozen = StableCode(
        1808, "the contract is frozen",
        zh: "该合约已被冻结",
        fix: "wait until the freeze is over, or propose to end it",
        zh: "请等待冻结到期，或提案解冻")
    package static let deniedByPolicy = StableCode(
        1809, "the policy for this does not allow it",
        zh: "此操作的权限策略不允许",
        fix: "ask `jiuding why` which rule decides, and have the role given or the policy changed",
        zh: "请用 jiuding why 查看起决定作用的规则，再申请角色或变更策略")
    package static let fieldDenied = StableCode(
        1810, "the policy of a field does not allow it",
        zh: "字段的权限策略不允许",
        fix: "ask `jiuding why` for the field, as `read evidence/title` or `write evidence.deposit/title`",
        zh: "请用 jiuding why 按字段查询，如 read evidence/title 或 write evidence.deposit/title")
    package static let fieldUnknown = StableCode(
        1811, "the contract or the method has no such field",
        zh: "合约或方法没有该字段",
        fix: "fields of evidence are businessType, title, digest, size, mediaType, capture and notes",
        zh: "存证的字段为 businessType、title、digest、size、mediaType、capture 和 notes")
    package static let organizationUnknown = StableCode(
        1820, "there is no such organisation in the consortium",
        zh: "联盟中没有该机构",
        fix: "check the organisation's id",
        zh: "请核对机构标识")
    package static let organizationIncomplete = StableCode(
        1821, "an organisation needs an id, a credit code and a region",
        zh: "机构须有标识、统一社会信用代码和行政区划代码",
        fix: "fill in all three",
        zh: "请补全三项")
    package static let organizationKnown = StableCode(
        1822, "an organisation of that id is or was there already",
        zh: "该机构标识已被使用",
        fix: "choose another id",
        zh: "请另选标识")
    package static let organizationsFull = StableCode(
        1823, "the consortium has as many organisations as it can hold",
        zh: "联盟机构数已达上限",
        fix: "remove one that has left its duties, or found a sub-chain",
        zh: "请先移除不再参与的机构，或另建子链")
    package static let creditCodeTaken = StableCode(
        1824, "another organisation has that credit code",
        zh: "该统一社会信用代码已属于其他机构",
        fix: "check the code; one legal person is one organisation",
        zh: "请核对代码；一个法人只对应一个机构")
    package static let notFrozen = StableCode(
        1825, "it is not frozen",
        zh: "该对象未被冻结",
        fix: "nothing: it may act already",
        zh: "无需处理：本就可以使用")
    package static let freezeTooShort = StableCode(
        1826, "the freeze would be over before it begins",
        zh: "冻结在开始前就已结束",
        fix: "name a later height",
        zh: "请填写更晚的高度")
    package static let memberUnknown = StableCode(
        1827, "there is no such member",
        zh: "没有该成员",
        fix: "check the account",
        zh: "请核对账户")
    package static let keyKnown = StableCode(
        1828, "the key is or was a member's, or was delegated or announced",
        zh: "该密钥已被登记、委托或申报过",
        fix: "use a new key; one key is never two members'",
        zh: "请使用新密钥；一把密钥不得属于两个成员")
    package static let memberFixed = StableCode(
        1829, "key, organisation, roles and person of a member are not changed this way",
        zh: "成员的密钥、机构、角色和人员不能以此方式变更",
        fix: "change roles with their own act; for another person or organisation admit a new member",
        zh: "角色请用专门的操作；更换人员或机构请新增成员")
    package static let officesConflict = StableCode(
        1830, "one person would hold two of the three offices: system, security and audit administrator",
        zh: "同一人不得兼任系统、安全、审计管理员中的两员",
        fix: "give the office to another person",
        zh: "请由另一人担任")
    package static let officeWithoutPerson = StableCode(
        1831, "who holds one of the three offices must be known as a person",
        zh: "三员须登记人员标识",
        fix: "add the digest that stands for the person",
        zh: "请补充代表该人员的摘要")
    package static let adminsFull = StableCode(
        1832, "the organisation has as many admins as it can have",
        zh: "该机构管理员数已达上限",
        fix: "take the role from another first",
        zh: "请先撤销另一管理员的角色")
    package static let personKeysFull = StableCode(
        1833, "the person holds as many keys as one may",
        zh: "该人员持有的密钥数已达上限",
        fix: "remove one of its keys first",
        zh: "请先移除其一把密钥")
    package static let notAnnounced = StableCode(
        1834, "nobody announced this key as a member's new one",
        zh: "该密钥未被申报为成员的新密钥",
        fix: "have the old key or the organisation's admin announce it",
        zh: "请由旧密钥或机构管理员申报")
    package static let announcementOver = StableCode(
        1835, "the announcement of this key is too old",
        zh: "该密钥的申报已过期",
        fix: "announce it anew",
        zh: "请重新申报")
    package static let delegationRefused = StableCode(
        1836, "this cannot be delegated",
        zh: "此权限不可委托",
        fix: "name methods of a business contract, a later height and at least one call",
        zh: "请指定业务合约的方法、更晚的高度和至少一次调用")
    package static let delegationsFull = StableCode(
        1837, "the member has delegated to as many keys as it may",
        zh: "该成员的委托密钥数已达上限",
        fix: "take one back first",
        zh: "请先收回一个委托")
    package static let delegationUnknown = StableCode(
        1838, "the member has not delegated to that key",
        zh: "该成员未委托此密钥",
        fix: "check the account",
        zh: "请核对账户")
    package static let announcedByGovernance = StableCode(
        1839, "governance has announced another key for this member",
        zh: "治理已为该成员申报另一把新密钥",
        fix: "take over with that key, or have governance replace the key again",
        zh: "请用该密钥接管，或由治理重新更换")
    package static let resourceProtected = StableCode(
        1841, "contracts of the platform have no policies of their own and are never frozen",
        zh: "平台合约不设权限策略，也不可冻结",
        fix: "set the policy of the class of acts instead",
        zh: "请改为设置相应治理操作类别的策略")
    package static let policyUnreadable = StableCode(
        1842, "the policy is not in canonical form",
        zh: "权限策略不是规范文本",
        fix: "print it with `jiuding govern policy` and propose what it prints",
        zh: "请用 jiuding govern policy 输出规范文本后再提案")
    package static let policiesFull = StableCode(
        1843, "the chain has as many policies as it can hold",
        zh: "权限策略数已达上限",
        fix: "remove some, or set one for the whole contract",
        zh: "请删除部分策略，或改为对整个合约设置")
    package static let certificateRevoked = StableCode(
        1812, "the member's certificate was taken back",
        zh: "该成员的证书已被撤销",
        fix: "have a new certificate issued and entered with `jiuding govern propose` change-member",
        zh: "请重新签发证书，并以 change-member 提案登记")
    package static let certificateForeign = StableCode(
        1850, "the certificate is not one of this organisation's",
        zh: "该证书不属于本机构",
        fix: "an organisation takes back certificates of its own members, validators and credit code only",
        zh: "机构只能撤销本机构成员、验证节点或载有本机构统一社会信用代码的证书")
    package static let revocationKnown = StableCode(
        1851, "the certificate was taken back already",
        zh: "该证书已被撤销过",
        fix: "nothing: it is refused everywhere",
        zh: "无需处理：各处均已拒绝")
    package static let revocationsFull = StableCode(
        1852, "the organisation has taken back as many certificates as the chain keeps",
        zh: "该机构在链上撤销的证书数已达上限",
        fix: "take the rest back by the authority's revocation list: `jiuding ca revoke`",
        zh: "其余请用证书机构的撤销列表：jiuding ca revoke")
    package static let notRevoker = StableCode(
        1853, "only an organisation's admins and security administrators take certificates back",
        zh: "只有机构管理员和安全管理员可以撤销证书",
        fix: "have one of them do it",
        zh: "请由上述人员操作")
    package static let oneKeyForBoth = StableCode(
        1854, "a member's encryption key is a signing key, its own or another member's",
        zh: "成员的加密密钥是签名密钥（本人或其他成员的）",
        fix: "make a second key: signing and encryption are two keys",
        zh: "请另建一把密钥：签名与加密须用两把密钥")
    package static let officerSilenced = StableCode(
        1855, "an organisation does not silence the officers and supervisors it houses",
        zh: "机构不得使本机构的三员或监管者失去权限",
        fix:
            "for a lost card propose `jiuding member freeze`, or replace-key in a file of acts: all decide",
        zh: "证书介质遗失请提案 jiuding member freeze，或在操作文件中使用 replace-key，由各机构共同决定")
    package static let freezeUnexplained = StableCode(
        1856, "a freeze has a reason",
        zh: "冻结须说明原因",
        fix: "say why with `--reason`, or `reason:` in a file of acts",
        zh: "请用 --reason 或操作文件中的 reason: 说明原因")
}
