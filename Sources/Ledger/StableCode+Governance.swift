// SPDX-License-Identifier: Apache-2.0

/// What governance refuses (docs/spec/governance.md).
extension StableCode {
    static let governance: [StableCode] = [
        .notProposer, .proposalKnown, .proposalsFull, .proposalSchedule, .proposalUnknown, .proposalClosed,
        .proposalExpired, .approvalIdle, .approvedAlready, .samePerson, .notApproved, .proposalOfOthers,
        .dueFull, .removingOneself, .lastAdmin, .nobodyCouldGovern, .organizationHasValidators, .cloudRule,
        .validatorUnknown, .validatorKnown, .validatorNotReady, .validatorHomeless, .rulesOrder,
        .committeeUnfit, .notCandidate, .readyOutdated, .rotationsSpent, .approvalsFull,
    ]

    package static let notProposer = StableCode(
        1901, "only admins of an organisation, system and security administrators propose",
        zh: "只有机构管理员、系统管理员和安全管理员可以提案",
        fix: "have one of them propose",
        zh: "请由上述人员提案")
    package static let proposalKnown = StableCode(
        1902, "this proposal was made already",
        zh: "该提案已存在",
        fix: "approve it, or change its salt to make another",
        zh: "请直接批准，或更换随机数另行提案")
    package static let proposalsFull = StableCode(
        1903, "the organisation has as many open proposals as it may",
        zh: "该机构未决提案数已达上限",
        fix: "revoke one, or wait until one expires",
        zh: "请撤销一项，或等待到期")
    package static let proposalSchedule = StableCode(
        1904, "the proposal's heights make no sense",
        zh: "提案的高度设置不合理",
        fix: "let it expire after it is due, at most 10000000 heights from now",
        zh: "到期高度须晚于生效高度，且不超过当前高度 10000000")
    package static let proposalUnknown = StableCode(
        1905, "there is no such proposal",
        zh: "没有该提案",
        fix: "check the proposal's digest",
        zh: "请核对提案摘要")
    package static let proposalClosed = StableCode(
        1906, "the proposal has taken effect, was revoked or came to nothing",
        zh: "该提案已生效、已撤销或已作废",
        fix: "see its outcome with `jiuding govern show`",
        zh: "请用 jiuding govern show 查看结果")
    package static let proposalExpired = StableCode(
        1907, "the proposal has expired",
        zh: "该提案已过期",
        fix: "propose it anew",
        zh: "请重新提案")
    package static let approvalIdle = StableCode(
        1908, "no policy of the proposal's acts counts this member's approval",
        zh: "提案涉及的策略均不计入该成员的批准",
        fix: "have an approver of the organisation concerned sign",
        zh: "请由相关机构的批准人签署")
    package static let approvedAlready = StableCode(
        1909, "this member has approved the proposal already",
        zh: "该成员已批准过此提案",
        fix: "nothing: the first approval counts",
        zh: "无需处理：首次批准有效")
    package static let samePerson = StableCode(
        1910, "the same person has approved with another key",
        zh: "同一人已用另一把密钥批准",
        fix: "have another person approve",
        zh: "请由另一人批准")
    package static let notApproved = StableCode(
        1911, "this member has not approved the proposal",
        zh: "该成员未批准此提案",
        fix: "nothing to withdraw",
        zh: "没有可撤回的批准")
    package static let proposalOfOthers = StableCode(
        1912, "only the proposer and the admins of its organisation revoke a proposal",
        zh: "只有提案人及其机构管理员可以撤销提案",
        fix: "withdraw your own approval instead",
        zh: "请改为撤回自己的批准")
    package static let dueFull = StableCode(
        1913, "as many decided proposals of the organisation wait for their height as may",
        zh: "该机构已决定而等待生效的提案数已达上限",
        fix: "have it revoke one, or approve again once one has taken effect",
        zh: "请由该机构撤销一项，或待其一项生效后再批准")
    package static let removingOneself = StableCode(
        1914, "nobody removes, freezes or unseats himself",
        zh: "不得移除、冻结本人或撤销本人的管理员角色",
        fix: "have another admin propose it",
        zh: "请由另一管理员提案")
    package static let lastAdmin = StableCode(
        1915, "the organisation would be left without an admin",
        zh: "该机构将没有管理员",
        fix: "admit another admin first, or freeze or remove the organisation",
        zh: "请先新增管理员，或冻结、移除该机构")
    package static let nobodyCouldGovern = StableCode(
        1916, "after this nobody could change policies any more",
        zh: "此后将无人能变更策略",
        fix: "keep a policy for policies that the organisations' admins can meet",
        zh: "请保留机构管理员能够满足的策略变更规则")
    package static let organizationHasValidators = StableCode(
        1917, "the organisation still runs validators",
        zh: "该机构仍有验证节点",
        fix: "remove or replace its validators first",
        zh: "请先移除或更换其验证节点")
    package static let cloudRule = StableCode(
        1918, "the loss of one cloud could then stop the chain, which it cannot now",
        zh: "此后单个云故障即可使链停止，而现在不会",
        fix: "spread the validators, or propose it with `override`",
        zh: "请分散部署验证节点，或以 override 提案")
    package static let validatorUnknown = StableCode(
        1919, "there is no such validator in the committee",
        zh: "委员会中没有该验证者",
        fix: "check the validator's key",
        zh: "请核对验证者公钥")
    package static let validatorKnown = StableCode(
        1920, "the key is a validator's already",
        zh: "该密钥已是验证者",
        fix: "use another key",
        zh: "请使用另一把密钥")
    package static let validatorNotReady = StableCode(
        1921, "the new validator has not said that it is ready",
        zh: "新验证节点尚未声明就绪",
        fix: "start its node and let it catch up; the change waits until the proposal expires",
        zh: "请启动其节点并同步；变更将等待至提案到期")
    package static let validatorHomeless = StableCode(
        1922, "the validator's organisation is not an active one of the consortium",
        zh: "验证者所属机构不是联盟的有效机构",
        fix: "admit or unfreeze the organisation first",
        zh: "请先接纳或解冻该机构")
    package static let rulesOrder = StableCode(
        1923, "rules change forwards, one after the other",
        zh: "规则版本只能依次向前变更",
        fix: "name a later version and a later height than the last change",
        zh: "请填写比上次变更更新的版本和更晚的高度")
    package static let committeeUnfit = StableCode(
        1924, "no committee can be made of this",
        zh: "无法据此组成委员会",
        fix: "between 1 and 100 validators, no key twice",
        zh: "验证者须为 1 至 100 个，密钥不得重复")
    package static let notCandidate = StableCode(
        1925, "no open proposal names this key as a validator's",
        zh: "没有未决提案将该密钥列为验证者",
        fix: "propose the validator first",
        zh: "请先提案增加该验证者")
    package static let readyOutdated = StableCode(
        1926, "the height named is not one of the last thousand",
        zh: "所报高度不在最近一千个高度之内",
        fix: "let the node catch up and say it again",
        zh: "请待节点同步后重新声明")
    package static let rotationsSpent = StableCode(
        1927, "the organisation has changed keys of its validators eight times within 30 days",
        zh: "该机构在 30 天内已八次更换其验证者密钥",
        fix: "wait until the first of them is 30 days old, or have all decide: `jiuding govern committee replace`",
        zh: "请待其中最早一次满 30 天，或由各机构共同决定：jiuding govern committee replace")
    package static let approvalsFull = StableCode(
        1928, "the organisation has as many approvals of this proposal as it may",
        zh: "该机构对此提案的批准数已达上限",
        fix: "let another of the organisation withdraw, or an admin of another approve",
        zh: "请由本机构另一人撤回批准，或由其他机构的管理员批准")
}
