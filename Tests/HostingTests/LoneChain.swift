// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Foundation
import Hosting
import Ledger
import Logging
import Replication
import ShangMi
import Storage

/// A chain of one validator and one member, in a directory of its own, over a disk in memory.
struct LoneChain {
    let spec: ChainSpec
    let directory: String
    let disk = FussyDisk()
    let member: SM2.ThrowAwaySigner
    private let validator: SM2.ThrowAwaySigner

    init() throws {
        var random = SeededRandom(seed: 7)
        validator = SM2.ThrowAwaySigner(from: &random)
        member = SM2.ThrowAwaySigner(from: &random)
        let label = Label(literal: "v0")
        let committee = Committee(
            epoch: .zero,
            validators: [
                Validator(key: validator.publicKey, name: label, organization: label, failureDomain: label)
            ], parameters: ConsensusParameters())
        guard let committee,
            let spec = ChainSpec(
                name: Label(literal: "main"), founded: Timestamp(1_600_000_000_000), rules: .first,
                committee: committee,
                members: [
                    Member(
                        key: member.publicKey, name: label, organization: label, roles: RoleSet(.user, .orgAdmin))
                ])
        else { preconditionFailure("a committee of one is a committee") }
        self.spec = spec
        directory = NSTemporaryDirectory() + "/hosting-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }

    func host(
        mempool: Mempool.Bounds = Mempool.Bounds(), retention: BlockRetention = .everything
    ) -> ChainHost<FussyStore> {
        let disk = disk
        let settings = ChainHostSettings<FussyStore>(
            spec: spec, directory: directory, signer: validator, mempool: mempool, stateCacheBytes: 1 << 20,
            retention: retention
        ) { () throws(StoreError) in try disk.open() }
        return ChainHost(settings, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// What its validator vouches for.
    func anchor() throws -> TrustAnchor {
        let message = TrustAnchor.signedMessage(chain: spec.id, name: spec.name, committee: spec.committee)
        let seal = QuorumCertificate.Seal(signer: ValidatorIndex(0), signature: try validator.sign(message))
        return TrustAnchor(chain: spec.id, name: spec.name, committee: spec.committee, seals: [seal])
    }

    /// The one admin's proposal, decided as soon as it is made; nil for one whose signature was found bad.
    func proposal(_ acts: [GovernanceAct], expires: Height) throws -> Verified<SignedTransaction>? {
        let motion = Motion(acts, expires: expires)
        let body = Transaction(
            chain: spec.id, validFrom: .zero, validUntil: Height(10_000), contract: GovernanceContract.contract,
            method: GovernanceContract.propose, arguments: motion.encoded, salt: 0, sender: member.publicKey)
        var checker = SignatureChecker(SM2.Verifier(tableBytesMax: 0))
        return checker.check([try SignedTransaction(body, by: member)])[0]
    }

    /// A deposit, distinct for each `number`; nil for one whose signature was found bad.
    func deposit(_ number: UInt64) throws -> Verified<SignedTransaction>? {
        try sampleDeposit(number, on: spec, by: member)
    }
}

/// A member's deposit on a chain, distinct for each `number`; nil for one whose signature was found bad.
func sampleDeposit(
    _ number: UInt64, on spec: ChainSpec, by member: SM2.ThrowAwaySigner, from: Height = .zero
) throws -> Verified<SignedTransaction>? {
    let deposit = Deposit(
        businessType: Label(literal: "contract"), title: Label(literal: "t"),
        digest: SM3.hash(Array("\(number)".utf8)), size: 1, mediaType: Label(literal: "text/plain"),
        capture: .upload)
    let body = Transaction(
        chain: spec.id, validFrom: from, validUntil: Height(10_000), contract: Deposit.contract,
        method: Deposit.method, arguments: deposit.encoded, salt: number, sender: member.publicKey)
    var checker = SignatureChecker(SM2.Verifier(tableBytesMax: 0))
    return checker.check([try SignedTransaction(body, by: member)])[0]
}
