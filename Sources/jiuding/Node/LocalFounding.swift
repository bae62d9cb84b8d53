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
/// Every step is left out where its file is there, so a founding that was cut short goes on: the specification any node
/// has is the chain's, and a second one is never made beside it.
struct LocalFounding {
    /// Where a node of the network stands.
    struct Place: Sendable {
        let name: String
        let config: String
        let host: String
        let gateway: Int
        let peers: Int
    }

    let data: DataDirectory
    let chain: String
    /// Nil leaves what stands in the configurations, 127.0.0.1 in new ones.
    let host: String?
    let members: [Member]
    let say: (String) -> Void

    /// Organisations and clouds of a local network: one each a validator.
    private static let organizations = ["市大数据局", "市市场监督管理局", "市税务局", "市中级人民法院"]
    private static let clouds = ["移动云", "电信云", "联通云", "广电云"]
    static let validatorsMax = 16
    static let gatewayPort = 8_600
    static let peerPort = 8_700

    static func organization(_ index: Int) -> String {
        index < organizations.count ? organizations[index] : "机构\(index + 1)"
    }

    private static func cloud(_ index: Int) -> String {
        index < clouds.count ? clouds[index] : "云\(index + 1)"
    }

    /// How many validators the chain in the directory has; nil where there is none yet.
    /// - Throws: `HostFailure` where two nodes' specifications are not the same chain's.
    var founded: Int? {
        get throws { try specification(among: LocalFounding.validatorsMax)?.committee.count }
    }

    /// The specification that any of the nodes has.
    private func specification(among count: Int) throws -> ChainSpec? {
        var found: (spec: ChainSpec, path: String)?
        for index in 0..<count {
            let folder = data.chain(chain, node: index)
            guard FileManager.default.fileExists(atPath: "\(folder)/spec") else { continue }
            let spec = try ChainFiles.specification(in: folder)
            if let found, found.spec != spec {
                throw HostFailure(.mismatch, "\(folder)/spec and \(found.path)/spec are two chains'")
            }
            found = found ?? (spec, folder)
        }
        return found?.spec
    }

    /// - Parameters:
    ///   - port: of the first gateway; nil leaves what stands in the configurations, 8600 in new ones. Another host or
    ///     port than theirs writes all of them anew.
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
        let files = FileManager.default
        let existing = try specification(among: keys.count)
        let spec = try existing ?? specification(keys, user)
        guard spec.committee.validators.map(\.key) == keys.map(\.publicKey) else {
            throw HostFailure(.mismatch, "the validators' keys are not those of chain \(chain)")
        }
        let anchor = try anchor(spec, keys)
        for index in keys.indices {
            let folder = data.chain(chain, node: index)
            try DataDirectory.makeFolder(folder)
            let path = data.spec(chain, node: index)
            if !files.fileExists(atPath: path) { try DataDirectory.write(spec.encoded, to: path) }
            try place(anchor, at: "\(folder)/trust")
        }
        try DataDirectory.makeFolder(data.root + "/trust")
        try place(anchor, at: data.trust(chain))
        guard existing == nil else { return }
        say(
            phrase(
                "founded chain \(chain), \(spec.id.hex.prefix(16))…, with \(keys.count) validators",
                zh: "已建链 \(chain)，\(spec.id.hex.prefix(16))…，验证节点 \(keys.count) 个"))
    }

    /// Leaves an anchor of this chain as it is.
    private func place(_ anchor: TrustAnchor, at path: String) throws {
        if let bytes = FileManager.default.contents(atPath: path) {
            guard let found = try? TrustAnchor(decoding: [UInt8](bytes)), found.chain == anchor.chain else {
                throw HostFailure(.mismatch, "\(path) is no trust anchor of chain \(chain)")
            }
            return
        }
        try DataDirectory.write(anchor.encoded, to: path)
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
        for (path, configuration) in zip(paths, existing) {
            guard let configuration, !configuration.chains.contains(where: { $0.name == chain }) else { continue }
            let names = configuration.chains.map(\.name).joined(separator: ", ")
            throw Failure.usage(
                phrase("\(path) runs \(names), not \(chain)", zh: "\(path) 运行的链为 \(names)，不是 \(chain)"),
                fix: phrase("leave --chain out, or name another --data", zh: "请去掉 --chain，或另指定 --data"))
        }
        // Where a file is missing it follows the others, the first of which tells where the ports begin.
        let known = existing.enumerated().first { $0.element?.gateway != nil }
        let gateway = known?.element?.gateway?.listen
        let links = known?.element?.peers?.listen.first
        let first = port ?? gateway.map { $0.port - (known?.offset ?? 0) } ?? LocalFounding.gatewayPort
        let firstPeer = peerPort ?? links.map { $0.port - (known?.offset ?? 0) } ?? LocalFounding.peerPort
        let address = host ?? gateway?.host ?? "127.0.0.1"
        let isChanged =
            host.map { $0 != gateway?.host } ?? false || port.map { $0 != gateway?.port } ?? false
            || peerPort.map { $0 != links?.port } ?? false
        let planned = accounts.indices.map { index in
            Place(
                name: "node-\(index)", config: paths[index], host: address, gateway: first + index,
                peers: firstPeer + index)
        }
        for index in accounts.indices where isChanged || existing[index] == nil {
            let text = LocalConfiguration(chain: chain, places: planned, accounts: accounts).text(of: index)
            try DataDirectory.write([UInt8](text.utf8), to: paths[index])
        }
        return zip(planned, existing).map { place, configuration in
            guard !isChanged, let listen = configuration?.gateway?.listen else { return place }
            // As its file says, which may have been edited.
            return Place(
                name: place.name, config: place.config, host: listen.host, gateway: listen.port,
                peers: configuration?.peers?.listen.first?.port ?? place.peers)
        }
    }
}

/// The configuration of one node of a local network, as text that a person may read and edit.
struct LocalConfiguration {
    let chain: String
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
          listen: \(address(places[index], places[index].gateway))
          default-chain: \(quoted(chain))
          tokens:
            - token: ../users/default.token
              key: ../users/default.key
        chains:
          - name: \(quoted(chain))

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
              listen: \(address(places[index], places[index].peers))
              nodes:

            """
        for other in places.indices where other != index {
            text += """
                  - name: \(places[other].name)
                    account: \(accounts[other].hex)
                    addresses:
                      default: \(address(places[other], places[other].peers))

                """
        }
        return text
    }

    private func address(_ place: LocalFounding.Place, _ port: Int) -> String {
        place.host.contains(":") ? "\"[\(place.host)]:\(port)\"" : "\(place.host):\(port)"
    }

    /// A name as YAML takes it, whatever stands in it.
    private func quoted(_ name: String) -> String { "'\(name.replacing("'", with: "''"))'" }
}
