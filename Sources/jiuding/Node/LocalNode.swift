// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Hosting
import KeyCustody
import Ledger
import Logging
import RocksStorage
import ShangMi
import Storage

/// One node of a local network, put together: its chain, its check pool, and what the gateway needs of them.
struct LocalNode {
    let host: ChainHost<RocksStore>
    let pool: CheckPool
    let chain: HostedChain
    let spec: ChainSpec
    let validator: SM2.PublicKey

    /// Founds the chain in `data` unless it is there, opens it and starts it.
    /// - Throws: `HostFailure` where the directory cannot be used, `CustodyError` where a key cannot be read.
    static func start(
        _ data: DataDirectory, chain name: String, members: [Member] = [], log: Logger,
        say: (String) -> Void
    ) async throws -> LocalNode {
        let key = try DataDirectory.makeDevelopmentKey(at: data.validatorKey(0))
        let user = try DataDirectory.makeDevelopmentKey(at: data.userKey)
        let signer = OpenSSLSigner(key)
        let spec = try specification(data, name, validator: key, user: user, members: members, say: say)
        let store = data.store(name, node: 0)
        let settings = ChainHostSettings<RocksStore>(
            spec: spec, directory: data.chain(name, node: 0), signer: signer,
            openStore: { () throws(StoreError) in try RocksStore(path: store) })
        let host = ChainHost(settings, log: log)
        try await host.start()
        let cores = max(1, ProcessInfo.processInfo.activeProcessorCount)
        let pool = CheckPool(threads: min(cores, 8), tableBytesMax: 48 << 20)
        let anchor = try trustAnchor(spec, signer: signer)
        let path = data.trust(name)
        if !FileManager.default.fileExists(atPath: path) {
            try DataDirectory.makeFolder(data.root + "/trust")
            try DataDirectory.write(anchor.encoded, to: path)
        }
        return LocalNode(
            host: host, pool: pool, chain: HostedChain(host: host, pool: pool, anchor: anchor), spec: spec,
            validator: key.publicKey)
    }

    func stop() async {
        await host.close()
        pool.close()
    }

    private static func trustAnchor(_ spec: ChainSpec, signer: some Signer) throws -> TrustAnchor {
        let message = TrustAnchor.signedMessage(chain: spec.id, name: spec.name, committee: spec.committee)
        let seal = QuorumCertificate.Seal(signer: ValidatorIndex(0), signature: try signer.sign(message))
        return TrustAnchor(chain: spec.id, name: spec.name, committee: spec.committee, seals: [seal])
    }

    /// The specification on disk, or a new one for a committee of this one validator.
    private static func specification(
        _ data: DataDirectory, _ name: String, validator: PrivateKey, user: PrivateKey, members: [Member],
        say: (String) -> Void
    ) throws -> ChainSpec {
        let path = data.spec(name, node: 0)
        if let bytes = FileManager.default.contents(atPath: path) {
            guard let spec = try? ChainSpec(decoding: [UInt8](bytes)) else {
                throw HostFailure(.corrupt, "\(path) is not a chain specification")
            }
            guard spec.rules <= RuleVersion.newest else {
                throw HostFailure(.newerFormat, "\(path) asks for rules \(spec.rules.value)")
            }
            return spec
        }
        guard let label = Ledger.Label(name) else { throw HostFailure(.mismatch, "\(name) cannot name a chain") }
        let voice = Validator(
            key: validator.publicKey, name: Ledger.Label(literal: "validator-0"),
            organization: Ledger.Label(literal: "市大数据局"), failureDomain: Ledger.Label(literal: "cloud-0"))
        let operatorMember = Member(
            key: user.publicKey, name: Ledger.Label(literal: "default"),
            organization: Ledger.Label(literal: "市大数据局"))
        guard
            let committee = Committee(epoch: .zero, validators: [voice], parameters: ConsensusParameters()),
            let spec = ChainSpec(
                name: label, founded: HostClock.wall, rules: .first, committee: committee,
                members: [operatorMember] + members)
        else { throw HostFailure(.mismatch, "these members cannot found a chain") }
        try DataDirectory.makeFolder(data.chain(name, node: 0))
        try DataDirectory.write(spec.encoded, to: path)
        say("founded chain \(name), \(spec.id.hex.prefix(16))…, with a committee of one")
        return spec
    }
}
