// SPDX-License-Identifier: Apache-2.0

// What `jiuding audit verify` finds (docs/spec/audit.md).
extension StableCode {
    package static let auditChanged = StableCode(
        2301, "a row of the audit log is not as it was written",
        zh: "审计日志中有一行已不是写入时的内容",
        fix: "keep the log as it is and find out who could write to it; the row is named",
        zh: "请保留日志原样，并查明谁能写入；出错的行已指出")
    package static let auditMissing = StableCode(
        2302, "rows of the audit log are missing",
        zh: "审计日志缺少若干行",
        fix: "look for them in the copies kept elsewhere; the rows are named",
        zh: "请在异地副本中查找；缺少的行已指出")
    package static let auditMisplaced = StableCode(
        2303, "a row of the audit log stands where another belongs",
        zh: "审计日志中有一行位置错误",
        fix: "keep the log as it is and find out who could write to it; the row is named",
        zh: "请保留日志原样，并查明谁能写入；出错的行已指出")
    package static let auditReplaced = StableCode(
        2304, "a row of the audit log is not the one on the chain",
        zh: "审计日志中有一行与链上锚定不符",
        fix: "the log was written anew after it was anchored; trust the copies kept elsewhere",
        zh: "日志在锚定之后被重写；请以异地副本为准")
    package static let auditCut = StableCode(
        2305, "the audit log ends before a row that is on the chain",
        zh: "审计日志在链上已锚定的行之前结束",
        fix: "look for the missing rows in the copies kept elsewhere",
        zh: "请在异地副本中查找缺少的行")
    package static let auditUnwritable = StableCode(
        2306, "the audit log cannot be read or written",
        zh: "审计日志无法读取或写入",
        fix: "check the folder, its mode and the free space",
        zh: "请检查目录、权限与剩余空间")
}

// Who asks, and how often (docs/spec/http.md).
extension StableCode {
    package static let tokenExpired = StableCode(
        3111, "the token has expired",
        zh: "令牌已过期",
        fix: "get a new one with `jiuding token create`",
        zh: "请用 jiuding token create 重新获取")
    package static let tokenRevoked = StableCode(
        3112, "the token was revoked",
        zh: "令牌已吊销",
        fix: "ask whoever revoked it; `jiuding audit list` says who",
        zh: "请询问吊销者；jiuding audit list 可查")
    package static let requestClock = StableCode(
        3113, "the request's time is not this node's",
        zh: "请求时间与本节点时钟不符",
        fix: "set the clock of the machine that signs; the detail says how far it is off",
        zh: "请校准签名机器的时钟；详情指出偏差")
    package static let requestReplayed = StableCode(
        3114, "the signed request was used before",
        zh: "该签名请求已被使用",
        fix: "sign each request with a nonce of its own",
        zh: "请为每个请求使用新的随机数重新签名")
    package static let requestSignature = StableCode(
        3115, "the request's signature does not verify",
        zh: "请求签名验证失败",
        fix: "sign method, path, query, host, time, nonce and body exactly as they are sent",
        zh: "请对实际发送的方法、路径、查询、主机、时间、随机数与内容签名")
    package static let scopeTooSmall = StableCode(
        3116, "the token's scope does not reach so far",
        zh: "令牌权限范围不足",
        fix: "use a token with the scope submit, or a request signed with the member's key",
        zh: "请使用 submit 范围的令牌，或以成员密钥签名请求")
    package static let rateUsed = StableCode(
        3117, "the organisation asks faster than it may",
        zh: "该机构请求速率超限",
        fix: "wait as long as Retry-After says; the operator sets gateway.limits",
        zh: "请按 Retry-After 等待；上限由运维人员在 gateway.limits 设置")
    package static let dayUsed = StableCode(
        3118, "the organisation has used up its requests for this day",
        zh: "该机构当日请求配额已用完",
        fix: "wait until midnight UTC, or ask the operator for more (gateway.limits)",
        zh: "请等到 UTC 零点，或请运维人员提高 gateway.limits")
    package static let tokensFull = StableCode(
        3119, "there are as many tokens as may be",
        zh: "令牌数量已达上限",
        fix: "revoke those that are not used",
        zh: "请吊销不再使用的令牌")
    package static let notAuditor = StableCode(
        3120, "reading audit logs takes the role supervisor or auditAdmin",
        zh: "读取审计日志需具备 supervisor 或 auditAdmin 角色",
        fix: "ask a supervisor or an audit administrator; all organisations together give these roles",
        zh: "请由监督员或审计管理员查阅；该角色须由全体机构共同授予")
}
