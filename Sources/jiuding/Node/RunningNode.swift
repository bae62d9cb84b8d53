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
import Synchronization
import Transport

/// One node put together from its configuration: keys, links, chains, and what the gateway needs of them.
/// - Spec: NODE-3 to NODE-6 (docs/spec/node.md).
final class RunningNode: Sendable {
    let hosted: [HostedChain]
    let validator: SM2.PublicKey
    let level: LogLevel
    let log: Logger
    let audit: NodeAudit
    /// What this run began with: settings that need a restart are in force as they stand here.
    private let began: NodeConfiguration
    /// As read last.
    private let standing: Mutex<NodeConfiguration>
    private let path: String
    private let hosts: [ChainHost<RocksStore>]
    private let pool: CheckPool
    private let links: (network: PeerNetwork, identity: LinkIdentity)?
    private let watch: Mutex<Task<Void, Never>?> = Mutex(nil)
    private let candidacies: Mutex<[Task<Void, Never>]> = Mutex([])

    private static let lapseCheck: Duration = .seconds(30)
    /// How often the chains are asked for certificates taken back (CERT-22).
    private static let revocationLook: Duration = .milliseconds(500)

    /// - Throws: `HostFailure`, `CustodyError` or `Failure` saying what keeps it from running; nothing runs then.
    static func start(_ path: String, _ configuration: NodeConfiguration, isPlain: Bool) async throws -> RunningNode {
        let level = LogLevel(configuration.logLevel)
        let log = Logger(label: configuration.node) { _ in
            NodeLog(node: configuration.node, level: level, isPlain: isPlain)
        }
        let signer = try RunningNode.signer(configuration.validatorKey)
        let audit = NodeAudit(configuration, log)
        let links = try configuration.peers.map { peers in
            let identity = try LinkIdentity(peers, signing: signer)
            let network = RunningNode.network(peers, signer, identity, log, audit)
            return (network: network, identity: identity)
        }
        var hosts: [ChainHost<RocksStore>] = []
        // Before anything runs: what cannot be handed out must not be found missing then.
        let anchors = try configuration.chains.map {
            try ChainFiles.anchor(in: "\(configuration.data)/chains/\($0.name)")
        }
        let engine = NodeEngine(cacheIn: "\(configuration.data)/engine")
        do {
            for chain in configuration.chains {
                let folder = "\(configuration.data)/chains/\(chain.name)"
                let settings = ChainHostSettings<RocksStore>(
                    spec: try ChainFiles.specification(in: folder), directory: folder, signer: signer,
                    stateCacheBytes: chain.stateMemory << 20, stateHeightsKept: chain.stateHeights,
                    retention: BlockRetention(bodiesKept: chain.blocksKept, archive: chain.archive),
                    network: links?.network, engine: engine,
                    openStore: { () throws(StoreError) in try RocksStore(path: "\(folder)/store") })
                let host = ChainHost(settings, log: log)
                try await host.start()
                hosts.append(host)
            }
            _ = try await links?.network.start()
        } catch {
            await links?.network.close()
            for host in hosts { await host.close() }
            throw RunningNode.explained(error, configuration)
        }
        let chains = Array(zip(hosts, anchors))
        let node = RunningNode(path, configuration, level, log, audit, signer.publicKey, chains, links)
        node.stand(with: signer)
        return node
    }

    private init(
        _ path: String, _ configuration: NodeConfiguration, _ level: LogLevel, _ log: Logger, _ audit: NodeAudit,
        _ key: SM2.PublicKey, _ chains: [(host: ChainHost<RocksStore>, anchor: TrustAnchor)],
        _ links: (network: PeerNetwork, identity: LinkIdentity)?
    ) {
        (self.path, self.level, self.log, self.audit, self.links) = (path, level, log, audit, links)
        hosts = chains.map(\.host)
        let cores = max(1, ProcessInfo.processInfo.activeProcessorCount)
        let pool = CheckPool(threads: min(cores, 8), tableBytesMax: 32 << 20, crowdMax: 20_000)
        self.pool = pool
        validator = key
        began = configuration
        standing = Mutex(configuration)
        let open = Set(configuration.chains.filter(\.readsArePublic).map(\.name))
        hosted = chains.map { chain in
            HostedChain(
                host: chain.host, pool: pool, anchor: chain.anchor,
                readsArePublic: open.contains(chain.host.settings.spec.name.text))
        }
        audit.begin(hosted, validator: key)
        guard let links else { return }
        links.identity.warnOfExpiry(log)
        let revocations = RevocationWatch(hosted, links.identity, log)
        watch.withLock { task in
            task = Task {
                var checked = ContinuousClock.now
                while !Task.isCancelled {
                    let isLate = ContinuousClock.now - checked >= RunningNode.lapseCheck
                    if await revocations.look() || isLate { links.network.endLapsed() }
                    if isLate {
                        links.identity.warnOfExpiry(log)
                        checked = .now
                    }
                    do { try await Task.sleep(for: RunningNode.revocationLook) } catch { return }
                }
            }
        }
    }

    /// From now on it says that it is ready where a proposal would seat it.
    private func stand(with signer: any Signer) {
        let tasks = hosted.map { chain in
            let candidacy = Candidacy(chain: chain, signer: signer, log: log)
            return Task { await candidacy.run() }
        }
        candidacies.withLock { $0 = tasks }
    }

    func stop() async {
        watch.withLock { $0?.cancel() }
        candidacies.withLock { tasks in for task in tasks { task.cancel() } }
        await audit.end()
        await links?.network.close()
        for host in hosts { await host.close() }
        pool.close()
    }

    // MARK: What the gateway asks

    var configuration: NodeConfiguration { standing.withLock { $0 } }
    func report() async -> NetworkReport? { await links?.network.report() }
    var certificates: [LinkIdentity.Standing] { links?.identity.standings ?? [] }

    // MARK: Again, while it runs

    /// Reads the configuration again; a flaw changes nothing (NODE-6).
    func reload() {
        do {
            let new = try NodeConfiguration.read(path)
            if let peers = new.peers, let links {
                try links.identity.reload(peers.certificates)
                links.network.admit(RunningNode.admitted(peers))
                links.network.endLapsed()
            }
            level.level = new.logLevel
            standing.withLock { $0 = new }
            let waiting = new.settled(differingFrom: began)
            log.notice("configuration read again")
            audit.reloaded(new, waiting: waiting)
            links?.identity.warnOfExpiry(log)
            guard !waiting.isEmpty else { return }
            log.warning(
                "these settings wait for a restart", metadata: ["settings": "\(waiting.joined(separator: ", "))"])
        } catch let flaw as ConfigurationFlaw {
            log.error("configuration not taken", metadata: ["reason": "\(flaw.failure.line)"])
            audit.refused(flaw.failure.line)
        } catch {
            log.error("configuration not taken", metadata: ["reason": "\(error)"])
            audit.refused("\(error)")
        }
    }

    // MARK: Parts

    private static func signer(_ key: NodeConfiguration.ValidatorKey) throws -> any Signer {
        switch key {
        case .file(let path): OpenSSLSigner(try RunningNode.key(path))
        case .device(let place, let password):
            try DeviceSigner(place, password: try PassphraseOptions.first(of: password))
        }
    }

    static func key(_ path: String) throws -> PrivateKey {
        try KeyFile.read(at: path, passphrase: try NodePassphrase.read(for: path))
    }

    private static func admitted(_ peers: NodeConfiguration.Peers) -> [NetworkSettings.Peer] {
        peers.nodes.map { .init(account: $0.account, addresses: $0.addresses(from: peers.zone)) }
    }

    private static func network(
        _ peers: NodeConfiguration.Peers, _ signer: any Signer, _ identity: LinkIdentity, _ log: Logger,
        _ audit: NodeAudit
    ) -> PeerNetwork {
        let settings = NetworkSettings(
            me: AccountID(signer.publicKey), listen: peers.listen, peers: admitted(peers),
            instance: .random(in: 0 ... .max))
        return PeerNetwork(settings, security: identity.security) { news in
            LinkJournal.tell(news, log)
            audit.told(news)
        }
    }

    /// What the system says of an address in use, as a sentence that names who has it.
    private static func explained(_ error: any Error, _ configuration: NodeConfiguration) -> any Error {
        if error is HostFailure || error is CustodyError || error is Failure { return error }
        for address in configuration.peers?.listen ?? [] {
            do { try PortOwner.check(address.port, host: address.host) } catch { return error }
        }
        return Failure(
            .no, "JD-1512", phrase("the links cannot listen: \(error)", zh: "节点互联端口无法监听：\(error)"),
            fix: phrase("check peers.listen", zh: "请检查 peers.listen"))
    }
}

/// Where a node's passphrases lie (NODE-3).
enum NodePassphrase {
    static func read(for key: String) throws -> Secret {
        let beside = DataDirectory.passphraseFile(of: key)
        var path = beside
        if let folder = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] {
            let given = "\(folder)/\(URL(fileURLWithPath: beside).lastPathComponent)"
            if FileManager.default.fileExists(atPath: given) { path = given }
        }
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(
                .no, "JD-4006",
                phrase("the passphrase of \(key) is not at \(path)", zh: "\(path) 处没有 \(key) 的口令"),
                fix: phrase(
                    "put it there, or into systemd's credentials (LoadCredential=)",
                    zh: "请将口令放在该处，或使用 systemd 凭据（LoadCredential=）"))
        }
        return try PassphraseOptions.first(of: path)
    }
}

/// A chain's files that are made at its founding and never change.
enum ChainFiles {
    static func specification(in folder: String) throws -> ChainSpec {
        let path = "\(folder)/spec"
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw HostFailure(.mismatch, "there is no chain specification at \(path)")
        }
        guard let spec = try? ChainSpec(decoding: [UInt8](bytes)) else {
            throw HostFailure(.corrupt, "\(path) is not a chain specification")
        }
        guard spec.rules <= RuleVersion.newest else {
            throw HostFailure(.newerFormat, "\(path) asks for rules \(spec.rules.value)")
        }
        return spec
    }

    static func anchor(in folder: String) throws -> TrustAnchor {
        let path = "\(folder)/trust"
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw HostFailure(.mismatch, "there is no trust anchor at \(path)")
        }
        do { return try TrustAnchor(decoding: [UInt8](bytes)) } catch {
            throw HostFailure(.corrupt, "\(path) is not a trust anchor")
        }
    }
}
