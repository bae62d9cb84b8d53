// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi
import Storage

/// The register of contracts: modules that members publish, and contracts that are made of approved templates.
///
/// It is a contract as any other to who asks for permission: policies say who may upload, publish and instantiate, a
/// freeze stops it, a delegated key may be given it. What governance decides about contracts does not pass here.
/// - Spec: CTR-1 to CTR-6, CTR-12, CTR-13.
package enum ContractsContract {
    package static let contract = Label(literal: "contracts")
    package static let upload = Label(literal: "upload")
    package static let discard = Label(literal: "discard")
    package static let publish = Label(literal: "publish")
    package static let instantiate = Label(literal: "instantiate")
    private static let published = Label(literal: "published")
    private static let instantiated = Label(literal: "instantiated")

    // MARK: Keys of the whole state (docs/data.md)

    private static func stateKey(_ tag: UInt8, _ rest: [UInt8]) -> [UInt8] { StateKey.of(contract, tag, rest) }

    /// 'c' and the module's digest.
    package static func codeKey(_ code: Digest) -> [UInt8] { stateKey(0x63, code.bytes) }
    /// 's', the module's digest and the slice.
    package static func sliceKey(_ code: Digest, _ slice: Int) -> [UInt8] {
        stateKey(0x73, code.bytes + [UInt8(truncatingIfNeeded: slice)])
    }
    /// 'i' and the contract's name.
    package static func contractKey(_ name: Label) -> [UInt8] { stateKey(0x69, name.utf8) }
    /// 't' and the template's name.
    package static func templateKey(_ name: Label) -> [UInt8] { stateKey(0x74, name.utf8) }
    /// 'n': how many contracts were ever made.
    static let countKey = stateKey(0x6e, [])
    /// 'l' and a member's account: modules it is uploading.
    static func uploadsKey(_ account: AccountID) -> [UInt8] { StateKey.of(contract, uploadsPlace(account)) }
    /// The same within this contract's part of the state, as who asks a node for it says it.
    package static func uploadsPlace(_ account: AccountID) -> [UInt8] { [0x6c] + account.digest.bytes }
    /// 'u', a member's account and a module's digest.
    static func uploadKey(_ account: AccountID, _ code: Digest) -> [UInt8] {
        StateKey.of(contract, uploadPlace(account, code))
    }
    /// The same within this contract's part of the state, as who asks a node for it says it.
    package static func uploadPlace(_ account: AccountID, _ code: Digest) -> [UInt8] {
        [0x75] + account.digest.bytes + code.bytes
    }
    /// 'p', a member's account, a module's digest and the part.
    static func partKey(_ account: AccountID, _ code: Digest, _ part: Int) -> [UInt8] {
        stateKey(0x70, account.digest.bytes + code.bytes + [UInt8(truncatingIfNeeded: part)])
    }

    // MARK: Calls

    static func call<Store: KeyValueStore>(
        _ method: Label, _ arguments: [UInt8], _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        guard let account = try context.subject(context.sender)?.account else { throw .result(.unknownSender) }
        guard let pursed = PursedArguments(decoding: arguments) else { throw .result(.malformedArguments) }
        switch method {
        case upload: try take(try UploadPart.argument(pursed.argument), from: account, &context)
        case discard: try discard(try UploadDiscard.argument(pursed.argument), by: account, &context)
        case publish: try publish(try Digest.argument(pursed.argument), by: account, &context)
        case instantiate:
            let request = try Instantiation.argument(pursed.argument)
            return try instantiate(request, by: account, purse: pursed.purse, &context)
        default: throw .result(.unknownMethod)
        }
        return []
    }

    // MARK: Uploads (CTR-1)

    private static func take<Store: KeyValueStore>(
        _ upload: UploadPart, from account: AccountID, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        guard let size = Int(exactly: upload.size), let part = Int(exactly: upload.part),
            (1...ContractLimits.codeBytesMax).contains(size), part < CodeRecord.parts(of: size),
            upload.bytes.count == CodeRecord.bytes(ofPart: part, of: size)
        else { throw .result(.uploadUnfit) }
        let key = uploadKey(account, upload.module)
        var record =
            try context.decoded(UploadRecord.self, at: key) ?? UploadRecord(size: size, touched: context.height)
        guard record.size == size else { throw .result(.uploadUnfit) }
        if record.parts == 0 { try open(upload.module, of: account, &context) }
        record.parts |= 1 << UInt64(part)
        record.touched = context.height
        try context.put(record.encoded, at: key)
        try context.put(upload.bytes, at: partKey(account, upload.module, part))
    }

    private static func open<Store: KeyValueStore>(
        _ code: Digest, of account: AccountID, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        var list = try context.decoded(DigestList.self, at: uploadsKey(account)) ?? DigestList([])
        guard list.digests.count < ContractLimits.uploadsMax else { throw .result(.uploadsFull) }
        list.digests.append(code)
        try context.put(list.encoded, at: uploadsKey(account))
    }

    /// A member ends its own uploads whenever it likes, and anybody's that nothing came to for long.
    private static func discard<Store: KeyValueStore>(
        _ request: UploadDiscard, by account: AccountID, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        let owner = request.owner ?? account
        if owner != account,
            let record = try context.decoded(UploadRecord.self, at: uploadKey(owner, request.module)),
            !record.isAbandoned(at: context.height)
        {
            throw .result(.uploadRunning)
        }
        try drop(request.module, of: owner, &context)
    }

    private static func drop<Store: KeyValueStore>(
        _ code: Digest, of account: AccountID, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        let key = uploadKey(account, code)
        guard let record = try context.decoded(UploadRecord.self, at: key) else { throw .result(.uploadUnknown) }
        var list = try context.decoded(DigestList.self, at: uploadsKey(account)) ?? DigestList([])
        list.digests.removeAll { $0 == code }
        try context.put(list.digests.isEmpty ? nil : list.encoded, at: uploadsKey(account))
        try context.put(nil, at: key)
        for part in 0..<CodeRecord.parts(of: record.size) where record.parts & 1 << UInt64(part) != 0 {
            try context.put(nil, at: partKey(account, code, part))
        }
    }

    // MARK: Modules (CTR-2 to CTR-4)

    /// Makes an upload code of the chain; what is published already is left as it is, and the upload is done with.
    private static func publish<Store: KeyValueStore>(
        _ code: Digest, by account: AccountID, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        guard let upload = try context.decoded(UploadRecord.self, at: uploadKey(account, code)) else {
            guard try context.value(at: codeKey(code)) == nil else { return }
            throw .result(.uploadUnknown)
        }
        guard try context.value(at: codeKey(code)) == nil else { return try drop(code, of: account, &context) }
        guard upload.isWhole else { throw .result(.uploadIncomplete) }
        try context.gas.charge(ContractPrices.publishedByte * UInt64(upload.size))
        var parts: [[UInt8]] = []
        for part in 0..<CodeRecord.parts(of: upload.size) {
            guard let bytes = try context.value(at: partKey(account, code, part)) else {
                throw .store(.corrupt(what: "a part of an upload"))
            }
            parts.append(bytes)
        }
        let module = Array(parts.joined())
        guard SM3.hash(module) == code else { throw .result(.uploadOther) }
        let passed = try ModuleGate.pass(module)
        let record = CodeRecord(
            size: upload.size, migrates: passed.migrates, pages: passed.pages,
            description: passed.description.map { SM3.hash($0) }, program: passed.program.digest, publisher: account,
            published: context.height)
        for (slice, bytes) in parts.enumerated() { try context.put(bytes, at: sliceKey(code, slice)) }
        try context.put(record.encoded, at: codeKey(code))
        try drop(code, of: account, &context)
        try context.emit(published, code.bytes)
    }

    // MARK: Contracts from templates (CTR-12, CTR-13)

    private static func instantiate<Store: KeyValueStore>(
        _ request: Instantiation, by account: AccountID, purse: UInt64, _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        guard let template = try context.decoded(TemplateRecord.self, at: templateKey(request.template)) else {
            throw .result(.templateUnknown)
        }
        guard ContractName.fits(request.name, madeOf: request.template) else { throw .result(.contractNameUnfit) }
        guard let subject = try context.subject(context.sender) else { throw .result(.unknownSender) }
        let electorate = template.policy.countsOrganizations ? try context.electorate().organizations : []
        let ballots = Ballots(subject.alone, concerned: subject.member.organization, electorate: electorate)
        try context.gas.charge(GasSchedule.policyByte * UInt64(template.policy.text.utf8.count))
        guard try context.allows(template.policy, ballots) else { throw .result(.deniedByPolicy) }
        let record = ContractRecord(
            code: template.code, deployed: context.height, template: request.template, founder: account)
        try context.establish(record, as: request.name)
        try context.emit(instantiated, request.name.utf8)
        let answer = try context.runFromOutside(
            .initialise, of: request.name, record, method: Label(literal: ""), request.argument, purse: purse)
        return try context.told(answer)
    }
}
