// SPDX-License-Identifier: Apache-2.0

/// Why a founding does not go on. The facts behind the colon are names, numbers and fingerprints.
/// - Spec: FOUND-3, FOUND-8, FOUND-9, FOUND-12, FOUND-14 (docs/spec/founding.md).
extension StableCode {
    package static let founding: [StableCode] = [
        .foundingSpecification, .foundingTwice, .foundingAdmins, .foundingOffices, .foundingCommittee, .foundingClouds,
        .foundingOutOfRange, .foundingIdentity, .foundingName, .foundingMalformed, .foundingVersion,
        .foundingOversized, .foundingOtherConsortium, .foundingStranger, .foundingTwoContributions, .foundingMissing,
        .foundingShape, .foundingProof, .foundingCertificate, .foundingCreditCode, .foundingKeyTwice,
        .foundingVoucher, .foundingFingerprint, .foundingSwapped, .foundingOtherDraft, .foundingUnsigned,
        .foundingSignature, .foundingFolder, .foundingKeyMissing, .foundingTaken,
    ]

    // The agreement.
    package static let foundingSpecification = StableCode(
        2401, "the consortium's file has a flaw",
        zh: "联盟约定文件有误",
        fix: "mend that line, the same in every organisation; the keys are in docs/spec/founding.md",
        zh: "请各单位一致地改正该行；各项说明见 docs/spec/founding.md")
    package static let foundingTwice = StableCode(
        2402, "a name, credit code, address or key stands twice in the consortium's file",
        zh: "联盟约定文件中有重复的名称、信用代码、地址或密钥",
        fix: "give each its own",
        zh: "请各用其一")
    package static let foundingAdmins = StableCode(
        2403, "an organisation has no admin (role orgAdmin), or more than eight",
        zh: "某单位没有管理员（角色 orgAdmin），或多于八名",
        fix: "name one to eight members with the role orgAdmin in each organisation; or all agree to `waive: [admins]`",
        zh: "请为每个单位指定一至八名 orgAdmin；或由各方同意 waive: [admins]")
    package static let foundingOffices = StableCode(
        2404, "the three offices are not in three persons' hands",
        zh: "三员未分立",
        fix: "give systemAdmin, securityAdmin and auditAdmin to different persons, each named with `person`",
        zh: "请将 systemAdmin、securityAdmin、auditAdmin 授予不同人员，并各写明 person")
    package static let foundingCommittee = StableCode(
        2405, "the committee has too few or too many validators",
        zh: "委员会的验证节点过少或过多",
        fix: "bring at least four, so that one may fail; or all agree to `waive: [committee]`",
        zh: "请至少设四个，以容许一个失效；或由各方同意 waive: [committee]")
    package static let foundingClouds = StableCode(
        2406, "the loss of one cloud would stop the chain",
        zh: "失去一个云将使全链停止",
        fix: "spread the validators over more clouds (LED-15); or all agree to `waive: [clouds]`",
        zh: "请将验证节点分布到更多的云（LED-15）；或由各方同意 waive: [clouds]")
    package static let foundingOutOfRange = StableCode(
        2407, "there is too little or too much of something",
        zh: "某项数量过少或过多",
        fix: "stay within the range that is told",
        zh: "请保持在所示范围内")
    package static let foundingIdentity = StableCode(
        2408, "an organisation has no unified social credit code or no region",
        zh: "某单位缺少统一社会信用代码或行政区划代码",
        fix: "write credit-code and region; or all agree to `waive: [identities]`",
        zh: "请写明 credit-code 与 region；或由各方同意 waive: [identities]")
    package static let foundingName = StableCode(
        2409, "a name cannot be the name of a file",
        zh: "名称不能用作文件名",
        fix: "use 1 to 128 bytes without a stroke and without a dot in front",
        zh: "请用 1 至 128 字节，不含斜线，不以点开头")

    // Files that arrive.
    package static let foundingMalformed = StableCode(
        2411, "the file is not what it should be, or was cut off or changed on its way",
        zh: "文件不是所需的种类，或在传递中被截断或改动",
        fix: "get it again from whoever made it; the number is the byte where it stops making sense",
        zh: "请向制作方重新索取；数字为出错的字节位置")
    package static let foundingVersion = StableCode(
        2412, "the file is of another version",
        zh: "文件属于另一版本",
        fix: "let all organisations use the same release of jiuding",
        zh: "请各单位使用同一版本的 jiuding")
    package static let foundingOversized = StableCode(
        2413, "the file is longer than any of its kind",
        zh: "文件超过该类文件的最大长度",
        fix: "see that it is the right file",
        zh: "请核对是否为正确的文件")
    package static let foundingOtherConsortium = StableCode(
        2414, "the contribution was made for another agreement",
        zh: "该份材料依据的是另一份联盟约定",
        fix:
            "compare consortium.yaml with that organisation: one of you has another; then prepare anew in a new folder",
        zh: "请与该单位核对 consortium.yaml：双方所持不同；统一后请在新目录重新 prepare")
    package static let foundingStranger = StableCode(
        2415, "the file is of an organisation that is not in the agreement",
        zh: "文件所属单位不在联盟约定中",
        fix: "leave the file out, or agree on a consortium.yaml that names it",
        zh: "请去掉该文件，或另行约定并在 consortium.yaml 中写明")
    package static let foundingTwoContributions = StableCode(
        2416, "there are two different contributions in one organisation's name",
        zh: "同一单位名下有两份不同的材料",
        fix: "let the organisation read its fingerprint aloud and keep that one; ask where the other came from",
        zh: "请该单位当面或电话宣读指纹，保留相符的一份，并查清另一份的来源")
    package static let foundingMissing = StableCode(
        2417, "an organisation's contribution is missing",
        zh: "缺少某单位的材料",
        fix: "ask it for its .contribution file",
        zh: "请向其索取 .contribution 文件")
    package static let foundingShape = StableCode(
        2418, "the contribution does not bring what was agreed",
        zh: "材料与约定的内容不符",
        fix: "let the organisation prepare anew, with this consortium.yaml",
        zh: "请该单位依据此 consortium.yaml 重新 prepare")
    package static let foundingProof = StableCode(
        2419, "whoever made the contribution does not hold a key it names",
        zh: "材料的制作者并不持有其中的某个密钥",
        fix: "do not use it; ask the organisation for its own file",
        zh: "请勿使用；请向该单位索取其本来的文件")
    package static let foundingCertificate = StableCode(
        2420, "a certificate is not by the organisation's authority, for that node, key and use",
        zh: "证书并非由该单位 CA 为该节点、密钥和用途签发",
        fix: "let the organisation prepare anew in a new folder",
        zh: "请该单位在新目录重新 prepare")
    package static let foundingCreditCode = StableCode(
        2421, "the authority speaks for another name or credit code than was agreed",
        zh: "CA 证书上的单位名称或统一社会信用代码与约定不符",
        fix: "compare name and code with the organisation's certificate of registration",
        zh: "请对照该单位的登记证书核对名称与代码")
    package static let foundingKeyTwice = StableCode(
        2422, "one key stands in two places",
        zh: "同一密钥用在两处",
        fix: "let each place have a key of its own, made where it is used",
        zh: "请为每处各生成一个密钥")
    package static let foundingVoucher = StableCode(
        2423, "no admin whose key the agreement names stands behind the contribution",
        zh: "约定中指明密钥的管理员没有为该份材料签名",
        fix: "prepare with that admin's key (--key); of a file that came, ask the admin who sent it",
        zh: "请用该管理员的密钥（--key）重新 prepare；若为收到的文件，请向该管理员核实来源")

    // Signing and closing.
    package static let foundingFingerprint = StableCode(
        2431, "the fingerprint that was read aloud is not this genesis'",
        zh: "宣读的指纹与此创世文件不符",
        fix: "do not sign before all have the same: compare `jiuding found show genesis.draft` aloud",
        zh: "各方一致前请勿签署：请宣读核对 jiuding found show genesis.draft 的指纹")
    package static let foundingSwapped = StableCode(
        2432, "the genesis holds another contribution in this organisation's name than the one made here",
        zh: "创世文件中本单位名下的材料不是本机所制",
        fix: "do not sign; send the others your .contribution again and read its fingerprint aloud",
        zh: "请勿签署；请重新发送本单位的 .contribution 并宣读指纹")
    package static let foundingOtherDraft = StableCode(
        2433, "the signature is for another genesis",
        zh: "签署的是另一份创世文件",
        fix: "compare the fingerprints: all must sign the same genesis.draft",
        zh: "请核对指纹：各方须签署同一份 genesis.draft")
    package static let foundingUnsigned = StableCode(
        2434, "an organisation has not signed",
        zh: "某单位尚未签署",
        fix: "ask it for its .signature file; a chain is founded by all or not at all",
        zh: "请向其索取 .signature 文件；全体签署方能建链")
    package static let foundingSignature = StableCode(
        2435, "a signature is not by the keys of the genesis",
        zh: "签名不是由创世文件中的密钥作出",
        fix: "do not use it; let the organisation sign again",
        zh: "请勿使用；请该单位重新签署")
    package static let foundingFolder = StableCode(
        2436, "the folder belongs to another agreement or organisation",
        zh: "该目录属于另一份约定或另一单位",
        fix: "take a new folder; what is in this one stays as it is",
        zh: "请使用新目录；原目录保持不变")
    package static let foundingKeyMissing = StableCode(
        2437, "a key that is needed here is not at hand",
        zh: "此处所需的密钥不在手边",
        fix: "name the folder that `found prepare` made with --folder, or the admin's key with --key",
        zh: "请用 --folder 指定 found prepare 生成的目录，或用 --key 指定管理员密钥")
    package static let foundingTaken = StableCode(
        2438, "another file with this name is there already",
        zh: "同名的另一文件已存在",
        fix: "move it away, or write elsewhere with --out; nothing that is there is ever overwritten",
        zh: "请先移走，或用 --out 写到别处；已有内容不会被覆盖")
}
