// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Hosting
import KeyCustody
import Ledger
import ShangMi
import Transport

/// Makes what a local network needs: keys, certificates, the chain, its trust anchor, a configuration for each node.
///
/// Every step is left out where its file is there, so a founding that was cut short goes on. Node 0's specification is
/// the founding's last word: while it is missing nothing runs from this directory.
struct LocalFounding {
    /// Where a node of the network stands.
    struct Place: Sendable {
        let name: String
        let config: String
        let gateway: Int
        let peers: Int
    }

    let data: DataDirectory
    let chain: String
    let host: String
    let members: [Member]
    let say: (String) -> Void

    /// Organisations and clouds of a local network: one each a validator.
    private static let organizations = ["市大数据局", "市市场监督管理局", "市税务局", "市中级人民法院"]
    private static let clouds = ["移动云", "电信云", "联通云", "广电云"]
    static let validatorsMax = 16

    static func organization(_ index: Int) -> String {
        index < organizations.count ? organizations[index] : "机构\(index + 1)"
    }

    private static func cloud(_ index: Int) -> String {
        index < clouds.count ? clouds[index] : "云\(index + 1)"
    }

    /// How many validators the chain in the directory has; nil where there is none yet.
    var founded: Int? {
        get throws {
            let folder = data.chain(chain, node: 0)
            guard FileManager.default.fileExists(atPath: "\(folder)/spec") else { return nil }
            return try ChainFiles.specification(in: folder).committee.count
        }
    }

    /// - Parameters:
    ///   - port: of the first gateway; nil leaves what stands in the configurations, 8600 in new ones.
    ///   - peerPort: of the first node's links; likewise, 8700.
    func prepare(validators count: Int, port: Int?, peerPort: Int?) throws -> [Place] {
        let keys = try (0..<count).map { try DataDirectory.makeDevelopmentKey(at: data.validatorKey($0)) }
        let user = try DataDirectory.makeDevelopmentKey(at: data.userKey)
        _ = try data.developmentToken()
        if count > 1 { try LocalCertificates(data: data).prepare(keys) }
        try foundChain(keys, user)
        return try configure(keys.map { AccountID($0.publicKey) }, port: port, peerPort: peerPort)
    }

    // MARK: The chain

    private func foundChain(_ keys: [PrivateKey], _ user: PrivateKey) throws {
        let first = data.spec(chain, node: 0)
        let files = FileManager.default
        let spec: ChainSpec
        if files.fileExists(atPath: first) {
            spec = try ChainFiles.specification(in: data.chain(chain, node: 0))
            guard spec.committee.validators.map(\.key) == keys.map(\.publicKey) else {
                throw HostFailure(.mismatch, "the validators' keys are not those of \(first)")
            }
        } else {
            spec = try specification(keys, user)
        }
        let anchor = try anchor(spec, keys)
        // Node 0 last: its specification says that the founding is done.
        for index in keys.indices.reversed() {
            let folder = data.chain(chain, node: index)
            try DataDirectory.makeFolder(folder)
            if !files.fileExists(atPath: "\(folder)/trust") {
                try DataDirectory.write(anchor.encoded, to: "\(folder)/trust")
            }
            let path = data.spec(chain, node: index)
            guard !files.fileExists(atPath: path) else { continue }
            try DataDirectory.write(spec.encoded, to: path)
            if index == 0 {
                say(
                    phrase(
                        "founded chain \(chain), \(spec.id.hex.prefix(16))…, with \(keys.count) validators",
                        zh: "已建链 \(chain)，\(spec.id.hex.prefix(16))…，验证节点 \(keys.count) 个"))
            }
        }
        if !files.fileExists(atPath: data.trust(chain)) {
            try DataDirectory.makeFolder(data.root + "/trust")
            try DataDirectory.write(anchor.encoded, to: data.trust(chain))
        }
    }

    private func specification(_ keys: [PrivateKey], _ user: PrivateKey) throws -> ChainSpec {
        let validators = keys.enumerated().compactMap { index, key -> Validator? in
            guard let name = Label("validator-\(index)"), let organization = Label(LocalFounding.organization(index)),
                let cloud = Label(LocalFounding.cloud(index))
            else { return nil }
            return Validator(key: key.publicKey, name: name, organization: organization, failureDomain: cloud)
        }
        guard let label = Label(chain), let home = Label(LocalFounding.organization(0)) else {
            throw HostFailure(.mismatch, "\(chain) cannot name a chain")
        }
        let operatorMember = Member(key: user.publicKey, name: Label(literal: "default"), organization: home)
        guard
            let committee = Committee(epoch: .zero, validators: validators, parameters: ConsensusParameters()),
            let spec = ChainSpec(
                name: label, founded: HostClock.wall, rules: .first, committee: committee,
                members: [operatorMember] + members)
        else { throw HostFailure(.mismatch, "these members cannot found a chain") }
        return spec
    }

    /// Sealed by every validator: here their keys are all at hand.
    private func anchor(_ spec: ChainSpec, _ keys: [PrivateKey]) throws -> TrustAnchor {
        let message = TrustAnchor.signedMessage(chain: spec.id, name: spec.name, committee: spec.committee)
        let seals = try keys.enumerated().map { index, key in
            QuorumCertificate.Seal(
                signer: ValidatorIndex(index), signature: try OpenSSLSigner(key).sign(message))
        }
        return TrustAnchor(chain: spec.id, name: spec.name, committee: spec.committee, seals: seals)
    }

    // MARK: Configurations

    private func configure(_ accounts: [AccountID], port: Int?, peerPort: Int?) throws -> [Place] {
        let paths = accounts.indices.map { "\(data.node($0))/node.yaml" }
        let existing = try paths.map { path -> NodeConfiguration? in
            guard FileManager.default.fileExists(atPath: path) else { return nil }
            do throws(ConfigurationFlaw) { return try NodeConfiguration.read(path) } catch { throw error.failure }
        }
        let first = port ?? existing.first??.gateway?.listen.port ?? 8_600
        let firstPeer = peerPort ?? existing.first??.peers?.listen.first?.port ?? 8_700
        let places = accounts.indices.map { index in
            Place(
                name: "node-\(index)", config: paths[index], gateway: first + index, peers: firstPeer + index)
        }
        let isNew = existing.contains { $0 == nil }
        guard isNew || port != nil || peerPort != nil else {
            // As their files say, which may have been edited.
            return zip(places, existing).map { place, configuration in
                Place(
                    name: place.name, config: place.config, gateway: configuration?.gateway?.listen.port ?? 0,
                    peers: configuration?.peers?.listen.first?.port ?? 0)
            }
        }
        for index in accounts.indices {
            let text = LocalConfiguration(founding: self, places: places, accounts: accounts).text(of: index)
            try DataDirectory.write([UInt8](text.utf8), to: paths[index])
        }
        return places
    }
}

/// The configuration of one node of a local network, as text that a person may read and edit.
struct LocalConfiguration {
    let founding: LocalFounding
    let places: [LocalFounding.Place]
    let accounts: [AccountID]

    func text(of index: Int) -> String {
        """
        # Written by `jiuding up`, and again when it is started with other ports. The keys: docs/spec/node.md.
        node: \(places[index].name)
        data: .
        log:
          level: notice
        keys:
          validator: keys/validator.key
        \(links(of: index))gateway:
          listen: \(address(places[index].gateway))
          default-chain: \(quoted(founding.chain))
          tokens:
            - token: ../users/default.token
              key: ../users/default.key
        chains:
          - name: \(quoted(founding.chain))

        """
    }

    private func links(of index: Int) -> String {
        guard places.count > 1 else { return "" }
        var text = """
              encryption: keys/encryption.key
            certificates:
              signing: certificates/signing.crt
              encryption: certificates/encryption.crt
              authorities: ../trust/authorities.crt
            peers:
              listen: \(address(places[index].peers))
              nodes:

            """
        for other in places.indices where other != index {
            text += """
                  - name: \(places[other].name)
                    account: \(accounts[other].hex)
                    addresses:
                      default: \(address(places[other].peers))

                """
        }
        return text
    }

    private func address(_ port: Int) -> String {
        founding.host.contains(":") ? "\"[\(founding.host)]:\(port)\"" : "\(founding.host):\(port)"
    }

    /// A name as YAML takes it, whatever stands in it.
    private func quoted(_ name: String) -> String { "'\(name.replacing("'", with: "''"))'" }
}
