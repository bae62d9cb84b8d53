// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
package import Gateway
package import KeyCustody
package import Ledger
package import Logging
import ShangMi
package import Transport

/// Everything a node is told when it starts, as its file says; nothing of it is looked at here but its shape.
/// - Spec: NODE-1, NODE-2 (docs/spec/node.md).
package struct NodeConfiguration: Hashable, Sendable {
    package struct Links: Hashable, Sendable {
        package var signing: String
        package var encryption: String
        package var authorities: [String]
        package var revocations: [String]
    }

    package struct Peers: Hashable, Sendable {
        package struct Peer: Hashable, Sendable {
            package var name: String
            package var account: AccountID
            /// By zone, in the file's order.
            package var addresses: [String: [Transport.NodeAddress]]
        }

        package var listen: [Transport.NodeAddress]
        package var zone: String
        package var nodes: [Peer]
        package var encryptionKey: String
        package var certificates: Links
    }

    package struct Gateway: Hashable, Sendable {
        package struct Token: Hashable, Sendable {
            package var token: String
            package var key: String
        }

        package var listen: Transport.NodeAddress
        /// What clients call it besides the address it listens at.
        package var names: [Transport.NodeAddress]
        package var defaultChain: String
        package var tokens: [Token]
        package var limits: GatewayLimits
        /// Machines in front of it that say where a request came from.
        package var proxies: TrustedProxies
    }

    package struct Chain: Hashable, Sendable {
        package var name: String
        package var stateHeights: UInt64
        /// The most MiB of the state tree's nodes in memory.
        package var stateMemory: Int
        /// Nil keeps every block.
        package var blocksKept: UInt64?
        /// The folder older blocks go to; nil drops them.
        package var archive: String?
        /// Whether anybody may read it here; else whom its policies let.
        package var readsArePublic: Bool
    }

    package var node: String
    package var data: String
    package var logLevel: Logger.Level
    package var validatorKey: ValidatorKey
    package var peers: Peers?
    package var gateway: Gateway?
    package var chains: [Chain]
    package var audit: Audit

    /// Where the node's identity lies.
    package enum ValidatorKey: Hashable, Sendable {
        case file(String)
        /// In a cryptographic device, whose password is the first line of a file.
        case device(DevicePlace, password: String)
    }

    /// - Throws: the first flaw, with its line and column.
    package static func read(_ path: String) throws(ConfigurationFlaw) -> NodeConfiguration {
        guard let text = FileManager.default.contents(atPath: path) else {
            throw ConfigurationFlaw(place: path, reason: "it cannot be read", reasonZh: "无法读取")
        }
        let whole = URL(fileURLWithPath: path).standardizedFileURL.path
        return try NodeConfiguration(ConfigurationSection(file: whole, text: [UInt8](text)))
    }

    package init(_ section: ConfigurationSection) throws(ConfigurationFlaw) {
        var top = section
        node = try top.value("node", "a name of at most 128 bytes", zh: "至多 128 字节的名称") { Label($0)?.text }
        data = try top.file("data")
        logLevel = .notice
        if var log = try top.section("log") {
            logLevel = try log.value(
                "level", default: .notice, "debug, info, notice, warning or error",
                zh: " debug、info、notice、warning 或 error"
            ) { NodeConfiguration.levels[$0] }
            try log.end()
        }
        var keys = try top.neededSection("keys")
        validatorKey = try NodeConfiguration.validatorKey(&keys)
        let encryptionKey = try keys.optionalFile("encryption")
        try keys.end()
        let certificates = try NodeConfiguration.certificates(try top.section("certificates"))
        chains = try NodeConfiguration.chains(try top.sections("chains"))
        guard let first = chains.first else { throw top.flaw("chains is empty", zh: "chains 为空") }
        guard Set(chains.map(\.name)).count == chains.count else {
            throw top.flaw("chains names one twice", zh: "chains 中有重复")
        }
        audit = try NodeConfiguration.audit(try top.section("audit"), chains.map(\.name))
        gateway = try NodeConfiguration.gateway(try top.section("gateway"), first: first.name, chains.map(\.name))
        if let section = try top.section("peers") {
            guard let encryptionKey else {
                throw section.flaw("keys.encryption is missing, which peers need", zh: "缺少 peers 所需的 keys.encryption")
            }
            guard let certificates, !certificates.authorities.isEmpty else {
                throw section.flaw(
                    "certificates with authorities are missing, which peers need",
                    zh: "缺少 peers 所需的 certificates 及其 authorities")
            }
            peers = try NodeConfiguration.peers(section, key: encryptionKey, certificates)
        }
        try top.end()
    }

    private static func validatorKey(_ keys: inout ConfigurationSection) throws(ConfigurationFlaw) -> ValidatorKey {
        guard var device = try keys.section("device") else { return .file(try keys.file("validator")) }
        if try keys.optionalFile("validator") != nil {
            throw device.flaw(
                "keys has both validator and device: one key, one place", zh: "keys 中 validator 与 device 只能有一个")
        }
        let place = DevicePlace(
            library: try device.file("library"),
            index: try device.value("index", "1 to 65535", zh: " 1 到 65535") { text in
                UInt32(text).flatMap { (1...65_535).contains($0) ? $0 : nil }
            })
        let password = try device.file("password")
        try device.end()
        return .device(place, password: password)
    }

    private static let levels: [String: Logger.Level] = [
        "debug": .debug, "info": .info, "notice": .notice, "warning": .warning, "error": .error,
    ]

    private static func certificates(_ section: ConfigurationSection?) throws(ConfigurationFlaw) -> Links? {
        guard var section else { return nil }
        let links = Links(
            signing: try section.file("signing"), encryption: try section.file("encryption"),
            authorities: try section.files("authorities"), revocations: try section.files("revocations"))
        try section.end()
        return links
    }

    private static func chains(_ sections: [ConfigurationSection]) throws(ConfigurationFlaw) -> [Chain] {
        var chains: [Chain] = []
        for section in sections {
            var section = section
            // The name is a folder's too.
            let name = try section.value("name", "a chain's name", zh: "链名称") { text in
                text.contains("/") || text.hasPrefix(".") ? nil : Label(text)?.text
            }
            let heights: UInt64 = try section.value(
                "state-heights", default: 32, "1 to 1000000", zh: " 1 到 1000000"
            ) { UInt64($0).flatMap { (1...1_000_000).contains($0) ? $0 : nil } }
            let memory: Int = try section.value(
                "state-memory", default: 768, "8 to 1000000 MiB", zh: " 8 到 1000000 MiB"
            ) { Int($0).flatMap { (8...1_000_000).contains($0) ? $0 : nil } }
            let kept: UInt64 = try section.value(
                "blocks-kept", default: 0, "a number of heights, 1 or more", zh: "高度数，至少为 1"
            ) { UInt64($0).flatMap { (1...Height.max).contains($0) ? $0 : nil } }
            let archive = try section.optionalFile("archive")
            let isPublic = try section.value("reads", default: false, "members or public", zh: " members 或 public") {
                ["members": false, "public": true][$0]
            }
            guard archive == nil || kept > 0 else {
                throw section.flaw("archive needs blocks-kept: how many heights stay", zh: "archive 需同时给出 blocks-kept")
            }
            chains.append(
                Chain(
                    name: name, stateHeights: heights, stateMemory: memory, blocksKept: kept > 0 ? kept : nil,
                    archive: archive, readsArePublic: isPublic))
            try section.end()
        }
        return chains
    }

    private static func gateway(
        _ section: ConfigurationSection?, first: String, _ chains: [String]
    ) throws(ConfigurationFlaw) -> Gateway? {
        guard var section else { return nil }
        let listen = try section.address("listen")
        let chain = try section.value(
            "default-chain", default: first, "one of \(chains.joined(separator: ", "))",
            zh: "其中之一：\(chains.joined(separator: "、"))"
        ) { chains.contains($0) ? $0 : nil }
        var tokens: [Gateway.Token] = []
        for item in try section.sections("tokens") {
            var item = item
            tokens.append(Gateway.Token(token: try item.file("token"), key: try item.file("key")))
            try item.end()
        }
        let names = try section.addresses("names")
        let limits = try NodeConfiguration.limits(try section.section("limits"))
        guard let proxies = TrustedProxies(try section.texts("proxies")) else {
            throw section.flaw(
                "gateway.proxies are addresses or networks, as 10.1.0.0/16", zh: "gateway.proxies 应为地址或网段，如 10.1.0.0/16"
            )
        }
        try section.end()
        return Gateway(
            listen: listen, names: names, defaultChain: chain, tokens: tokens, limits: limits, proxies: proxies)
    }

    private static func peers(
        _ section: ConfigurationSection, key: String, _ certificates: Links
    ) throws(ConfigurationFlaw) -> Peers {
        var section = section
        let listen = try section.addresses("listen")
        guard !listen.isEmpty else { throw section.flaw("peers.listen is missing", zh: "缺少 peers.listen") }
        let zone = try section.optionalText("zone") ?? Peers.Peer.everywhere
        var nodes: [Peers.Peer] = []
        for item in try section.neededSections("nodes") {
            var item = item
            let name = try item.text("name")
            let account = try item.value("account", "64 hexadecimal digits", zh: " 64 位十六进制数") { AccountID(hex: $0) }
            var addresses: [String: [Transport.NodeAddress]] = [:]
            if var zones = try item.section("addresses") {
                for zone in zones.names { addresses[zone] = try zones.addresses(zone) }
            }
            try item.end()
            guard !nodes.contains(where: { $0.account == account }) else {
                throw item.flaw("\(name) has the account of another node", zh: "\(name) 与另一节点账户相同")
            }
            nodes.append(Peers.Peer(name: name, account: account, addresses: addresses))
        }
        try section.end()
        return Peers(listen: listen, zone: zone, nodes: nodes, encryptionKey: key, certificates: certificates)
    }
}

extension NodeConfiguration.Peers.Peer {
    /// The zone whose addresses serve nodes of every zone.
    static let everywhere = "default"

    /// Where a node of a zone dials this one: its own zone's addresses first.
    package func addresses(from zone: String) -> [Transport.NodeAddress] {
        let near = addresses[zone] ?? []
        return zone == Self.everywhere ? near : near + (addresses[Self.everywhere] ?? [])
    }
}

extension NodeConfiguration {
    /// Names of settings that differ and are in force only after a restart (NODE-6).
    package func settled(differingFrom other: NodeConfiguration) -> [String] {
        let rows: [(String, Bool)] = [
            ("node", node == other.node), ("data", data == other.data),
            ("keys.validator or keys.device", validatorKey == other.validatorKey),
            ("keys.encryption", peers?.encryptionKey == other.peers?.encryptionKey),
            ("peers.listen", peers?.listen == other.peers?.listen),
            ("peers", (peers == nil) == (other.peers == nil)),
            ("gateway", gateway == other.gateway), ("chains", chains == other.chains),
            ("audit", audit == other.audit),
        ]
        return rows.filter { !$0.1 }.map(\.0)
    }
}
