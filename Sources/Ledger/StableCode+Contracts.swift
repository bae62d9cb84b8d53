// SPDX-License-Identifier: Apache-2.0

/// What the register of contracts refuses, and how running contracts end (docs/spec/contracts.md, CTR-25).
extension StableCode {
    static let contracts: [StableCode] = [
        .codeUnknown, .uploadUnfit, .uploadUnknown, .uploadIncomplete, .uploadOther, .uploadsFull,
        .descriptionTooLong, .uploadRunning, .contractKnown, .contractNameUnfit, .contractRetired, .contractMissing,
        .migrationAbsent, .templateUnknown, .codeSame, .contractsFull, .contractGas, .contractTooDeep,
        .trapUnreachable, .trapMemory, .trapTable, .trapDivision, .trapOverflow, .trapIndirect,
        .contractsTooDeep, .contractReentered, .hostRange, .hostUnknown, .hostKeyTooLong, .hostBytesTooLong,
        .hostNameUnfit, .hostEventsFull, .receiptTooLong, .hostCodeUnfit,
    ]

    package static let codeUnknown = StableCode(
        2601, "no module of that digest is published",
        zh: "没有以该摘要发布的模块",
        fix: "publish it first, or check the digest",
        zh: "请先发布，或核对摘要")
    package static let uploadUnfit = StableCode(
        2602, "the part does not fit the module it is said to belong to",
        zh: "分片与所属模块不符",
        fix: "send parts as `UploadPart` cuts them, of a module of 1 to 524288 bytes",
        zh: "请按规定切分模块（1 至 524288 字节）")
    package static let uploadUnknown = StableCode(
        2603, "the sender is not uploading such a module",
        zh: "发送方没有正在上传的该模块",
        fix: "upload its parts first",
        zh: "请先上传各分片")
    package static let uploadIncomplete = StableCode(
        2604, "parts of the module are missing",
        zh: "模块分片不完整",
        fix: "upload the missing parts, then publish",
        zh: "请补传缺失的分片后再发布")
    package static let uploadOther = StableCode(
        2605, "the parts together are another module than was said",
        zh: "各分片合成的模块与所述摘要不符",
        fix: "upload the parts again, or discard the upload",
        zh: "请重新上传各分片，或放弃此次上传")
    package static let uploadsFull = StableCode(
        2606, "the member has as many uploads open as it may",
        zh: "该成员未完成的上传数已达上限",
        fix: "publish or discard one first",
        zh: "请先发布或放弃其中一个")
    package static let descriptionTooLong = StableCode(
        2607, "what the module says of itself is too long",
        zh: "模块的自述过长",
        fix: "shorten the section jd.description to 65536 bytes",
        zh: "请将 jd.description 段缩短至 65536 字节以内")
    package static let uploadRunning = StableCode(
        2608, "another member’s upload is not abandoned yet",
        zh: "其他成员的上传尚未被视为放弃",
        fix: "wait until no part of it came for 10000 heights, or let its member discard it",
        zh: "请等其连续 10000 个高度未收到分片，或由该成员自行放弃")
    package static let contractKnown = StableCode(
        2610, "a contract of that name is or was there already",
        zh: "该合约名称已被使用",
        fix: "choose another name; a name is never used twice",
        zh: "请另选名称；名称不会重复使用")
    package static let contractNameUnfit = StableCode(
        2611, "that is no name for a contract or a template",
        zh: "合约或模板名称不合规",
        fix: "use lower-case letters, digits and hyphens, a letter first, at most 32, and no name of the chain’s own",
        zh: "请使用小写字母、数字和连字符，字母开头，至多 32 个字符，且不得使用平台保留名称")
    package static let contractRetired = StableCode(
        2612, "the contract was retired",
        zh: "该合约已注销",
        fix: "call the contract that took its place",
        zh: "请调用接替它的合约")
    package static let contractMissing = StableCode(
        2613, "there is no such deployed contract",
        zh: "没有该已部署合约",
        fix: "check the name",
        zh: "请核对名称")
    package static let migrationAbsent = StableCode(
        2614, "the module has no jd_migrate",
        zh: "该模块没有 jd_migrate",
        fix: "upgrade without migration, or publish a module that can migrate",
        zh: "请选择不迁移的升级，或发布可迁移的模块")
    package static let templateUnknown = StableCode(
        2615, "there is no such template",
        zh: "没有该模板",
        fix: "check the name, or have governance approve the template",
        zh: "请核对名称，或由治理批准该模板")
    package static let codeSame = StableCode(
        2616, "the contract has that code already",
        zh: "该合约已使用此代码",
        fix: "nothing: the upgrade is done",
        zh: "无需处理：已是该版本")
    package static let contractsFull = StableCode(
        2617, "the chain has as many contracts as it can hold",
        zh: "合约数已达上限",
        fix: "use contracts that are there",
        zh: "请使用已有合约")
    package static let contractGas = StableCode(
        2620, "the contract used up the gas put aside for it",
        zh: "合约用尽了为其预留的燃料",
        fix: "put aside more: `jiuding` reckons it before it sends; or look for a loop without end",
        zh: "请增加预留量（jiuding 发送前会估算），或检查是否有死循环")
    package static let contractTooDeep = StableCode(
        2621, "the contract called itself too deeply",
        zh: "合约内部调用过深",
        fix: "end the recursion earlier",
        zh: "请减少递归深度")
    package static let trapUnreachable = StableCode(
        2622, "the contract stopped itself",
        zh: "合约主动中止",
        fix: "see the contract’s log of the same call under `trace`",
        zh: "请用 trace 查看同一调用")
    package static let trapMemory = StableCode(
        2623, "the contract reached outside its memory",
        zh: "合约访问了内存之外",
        fix: "a fault of the contract: tell who wrote it",
        zh: "属合约缺陷，请联系开发者")
    package static let trapTable = StableCode(
        2624, "the contract reached outside its table",
        zh: "合约访问了函数表之外",
        fix: "a fault of the contract: tell who wrote it",
        zh: "属合约缺陷，请联系开发者")
    package static let trapDivision = StableCode(
        2625, "the contract divided by zero",
        zh: "合约除以零",
        fix: "a fault of the contract: tell who wrote it",
        zh: "属合约缺陷，请联系开发者")
    package static let trapOverflow = StableCode(
        2626, "a number of the contract did not fit",
        zh: "合约数值溢出",
        fix: "a fault of the contract: tell who wrote it",
        zh: "属合约缺陷，请联系开发者")
    package static let trapIndirect = StableCode(
        2627, "the contract called a function of another type",
        zh: "合约间接调用的函数类型不符",
        fix: "a fault of the contract: tell who wrote it",
        zh: "属合约缺陷，请联系开发者")
    package static let contractsTooDeep = StableCode(
        2631, "too many contracts call each other",
        zh: "合约相互调用层数过多",
        fix: "let fewer contracts call each other",
        zh: "请减少合约间的调用层数")
    package static let contractReentered = StableCode(
        2632, "a contract that is being called cannot be called again",
        zh: "正在被调用的合约不可再次被调用",
        fix: "let the contract return before it is called again",
        zh: "请待该合约返回后再调用")
    package static let hostRange = StableCode(
        2640, "the contract named memory it does not have",
        zh: "合约指定了不存在的内存",
        fix: "a fault of the contract: tell who wrote it",
        zh: "属合约缺陷，请联系开发者")
    package static let hostUnknown = StableCode(
        2641, "the contract asked the chain for something there is not",
        zh: "合约请求了不存在的信息",
        fix: "build the contract with the kit of this chain",
        zh: "请用本链的开发包构建合约")
    package static let hostKeyTooLong = StableCode(
        2642, "a key of the contract is too long",
        zh: "合约的键过长",
        fix: "keep keys within 128 bytes",
        zh: "键不得超过 128 字节")
    package static let hostBytesTooLong = StableCode(
        2643, "a value, answer, event or argument of the contract is too long",
        zh: "合约的值、返回、事件或参数过长",
        fix: "keep each within 65536 bytes",
        zh: "每项不得超过 65536 字节")
    package static let hostNameUnfit = StableCode(
        2644, "a name the contract uses is too long or no plain text",
        zh: "合约使用的名称过长或不是规范文本",
        fix: "keep names within 64 bytes of plain text",
        zh: "名称应为 64 字节以内的规范文本")
    package static let hostEventsFull = StableCode(
        2645, "the contract tells too many events",
        zh: "合约发出的事件过多",
        fix: "tell at most 32 in a call and 64 in a transaction",
        zh: "一次调用至多 32 个，一笔交易至多 64 个")
    package static let receiptTooLong = StableCode(
        2646, "answer and events are too long for a receipt",
        zh: "返回与事件超出回执容量",
        fix: "keep them within 49152 bytes, or answer a digest",
        zh: "请控制在 49152 字节以内，或返回摘要")
    package static let hostCodeUnfit = StableCode(
        2647, "the contract failed with a code or a text that it may not have",
        zh: "合约以不允许的代码或文字失败",
        fix: "use codes 1 to 9999 and at most 512 bytes of text",
        zh: "代码应为 1 至 9999，文字至多 512 字节")
}
