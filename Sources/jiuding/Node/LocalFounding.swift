// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Hosting
import KeyCustody
import Ledger
import ShangMi
import Transport

/// Founds a local network: the ceremony of `jiuding found` with the offices of all organisations in one process, and a
/// configuration for each node.
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
    static let observersMax = 4
    static let gatewayPort = 8_600
    static let peerPort = 8_700

    static func organization(_ index: Int) -> String {
        index < organizations.count ? organizations[index] : "机构\(index + 1)"
    }

    private static func cloud(_ index: Int) -> String {
        index < clouds.count ? clouds[index] : "云\(index + 1)"
    }

    /// How many validators and observers the network in the directory has; nil where there is none yet.
    /// - Throws: `HostFailure` where two nodes' specifications are not the same chain's.
    var founded: (validators: Int, observers: Int)? {
        get throws {
            let most = LocalFounding.validatorsMax + LocalFounding.observersMax
            guard let spec = try specification(among: most) else { return nil }
            let validators = spec.committee.count
            // Whoever stands behind the validators and has the chain is an observer.
            let observers = (validators..<most).prefix {
                FileManager.default.fileExists(atPath: data.spec(chain, node: $0))
            }
            return (validators, observers.count)
        }
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
    func prepare(validators: Int, observers: Int, port: Int?, peerPort: Int?) async throws -> [Place] {
        let consortium = try consortium(validators, observers)
        // A key costs a tenth of a second on purpose (KEY-8), so the offices work side by side.
        let data = data
        let keys = try await withThrowingTaskGroup(of: (Int, FoundingKeys).self) { group in
            for (index, party) in consortium.parties.enumerated() {
                group.addTask {
                    let office = FoundingOffice(party: party, places: data.places(index)) {
                        try DataDirectory.developmentPassphrase(of: $0)
                    }
                    return (index, try office.open())
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
        try publish(keys.map(\.root))
        _ = try data.developmentToken()
        try foundChain(consortium, keys)
        return try configure(
            keys.flatMap(\.nodes).map { AccountID($0.signing.publicKey) }, port: port, peerPort: peerPort)
    }

    /// Writes the roots of all organisations, which every node trusts, where they are not there yet.
    private func publish(_ roots: [Certificate]) throws {
        try DataDirectory.makeFolder(data.root + "/trust")
        let text = roots.map { PEM.encode($0.der, label: PEM.certificate) }.joined()
        if FileManager.default.contents(atPath: data.authorities) != Data(text.utf8) {
            try DataDirectory.write([UInt8](text.utf8), to: data.authorities)
        }
    }

    // MARK: The chain

    /// One organisation a node; the first one's admin is the only one: on one machine nobody else is there to approve
    /// (GOV-12). What a real founding must have is waived by name (FOUND-4).
    private func consortium(_ validators: Int, _ observers: Int) throws -> Consortium {
        guard let name = Label(chain) else { throw HostFailure(.mismatch, "\(chain) cannot name a chain") }
        let parties = (0..<validators + observers).compactMap { index -> Consortium.Party? in
            guard let node = Label("node-\(index)"), let id = Label(LocalFounding.organization(index)),
                let cloud = Label(LocalFounding.cloud(index))
            else { return nil }
            let admin = Consortium.Seat(
                name: Label(literal: "default"), roles: RoleSet(.user, .operator, .orgAdmin))
            let others = members.map { Consortium.Seat(name: $0.name, roles: $0.roles, key: $0.key) }
            let nodes = [Consortium.Node(name: node, isValidator: index < validators, domain: cloud, addresses: [])]
            return Consortium.Party(
                organization: Organization(id: id, cloud: cloud), nodes: nodes,
                seats: AnchorSeat.seats(index == 0 ? [admin] + others : [], for: nodes))
        }
        return Consortium(
            name: name, founded: HostClock.wall, rules: .newest,
            waivers: [.committee, .clouds, .admins, .identities], parties: parties)
    }

    private func foundChain(_ consortium: Consortium, _ keys: [FoundingKeys]) throws {
        let files = FileManager.default
        let existing = try specification(among: keys.count)
        let record = existing == nil ? try record(consortium, keys) : nil
        let voters = keys.flatMap(\.nodes).map(\.signing).prefix(consortium.nodes.filter(\.isValidator).count)
        guard let spec = existing ?? record?.draft.spec,
            spec.committee.validators.map(\.key) == voters.map(\.publicKey)
        else { throw HostFailure(.mismatch, "the validators' keys are not those of chain \(chain)") }
        let anchor = try record?.anchor ?? anchor(spec, Array(voters))
        for index in keys.indices {
            let folder = data.chain(chain, node: index)
            try DataDirectory.makeFolder(folder)
            let path = data.spec(chain, node: index)
            if !files.fileExists(atPath: path) { try DataDirectory.write(spec.encoded, to: path) }
            try place(anchor, at: "\(folder)/trust")
        }
        try place(anchor, at: data.trust(chain))
        guard let record else { return }
        try DataDirectory.write(record.encoded, to: data.founding(chain))
        say(
            phrase(
                "founded chain \(chain), \(spec.id.hex.prefix(16))…, with \(keys.count) validators",
                zh: "已建链 \(chain)，\(spec.id.hex.prefix(16))…，验证节点 \(keys.count) 个"))
    }

    /// The whole ceremony: contributions, genesis, signatures (FOUND-17).
    private func record(_ consortium: Consortium, _ keys: [FoundingKeys]) throws -> FoundingRecord {
        var verifier = SM2.Verifier(tableBytesMax: 0)
        let contributions = try keys.map { try $0.contribution(to: consortium) }
        do {
            let draft = try GenesisDraft.assemble(consortium, contributions, &verifier)
            let signatures = try keys.map { own in
                try draft.signed(
                    for: own.party, nodes: own.nodes.map(\.signing),
                    admins: zip(own.party.openSeats, own.seats).filter { $0.0.isAdmin }.map(\.1))
            }
            return try FoundingRecord.close(draft, signatures, &verifier)
        } catch let flaw as FoundingFlaw { throw Failure(flaw.unplaced, files: []) }
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

    /// Sealed once more, where a founding was cut short before its anchor was written.
    private func anchor(_ spec: ChainSpec, _ voters: [OpenSSLSigner]) throws -> TrustAnchor {
        let message = TrustAnchor.signedMessage(chain: spec.id, name: spec.name, committee: spec.committee)
        let seals = try voters.enumerated().map { index, voter in
            QuorumCertificate.Seal(signer: ValidatorIndex(index), signature: try voter.sign(message))
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
            let text = configuration(of: index, among: planned, accounts).text
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

    private func configuration(of index: Int, among places: [Place], _ accounts: [AccountID]) -> NodeFile {
        func address(_ place: Place, _ port: Int) -> String { "\(NodeAddress(host: place.host, port: port))" }
        let own = places[index]
        var file = NodeFile(
            origin: "Written by `jiuding up`, and again when it is started with other ports.", name: own.name,
            chain: chain, authorities: "../trust/authorities.crt", listen: [address(own, own.peers)],
            peers: places.indices.filter { $0 != index }.map { other in
                NodeFile.Peer(
                    name: places[other].name, account: accounts[other],
                    addresses: [address(places[other], places[other].peers)])
            },
            gateway: address(own, own.gateway))
        file.token = (file: "../users/default.token", key: "../users/default.key")
        file.anchorKey = "keys/anchor.key"
        file.reads = "public"
        return file
    }
}
