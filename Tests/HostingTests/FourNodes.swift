// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Foundation
import Hosting
import Ledger
import Logging
import NIOCore
import NIOPosix
import Replication
import ShangMi
import Storage
import Transport

/// Four validators of one chain in this process, linked over loopback sockets, each over a disk in memory.
final class FourNodes {
    struct Node {
        let account: AccountID
        let signer: SM2.ThrowAwaySigner
        let directory: String
        var disk = FussyDisk()
        var network: PeerNetwork?
        var host: ChainHost<FussyStore>?
        var port = 0
    }

    let spec: ChainSpec
    let member: SM2.ThrowAwaySigner
    private(set) var nodes: [Node] = []
    private let office: CertificateOffice
    private let root: String

    init() throws {
        var random = SeededRandom(seed: 41)
        let member = SM2.ThrowAwaySigner(from: &random)
        let signers = (0..<4).map { _ in SM2.ThrowAwaySigner(from: &random) }
        let validators = signers.enumerated().map { index, signer in
            let label = Label("v\(index)") ?? Label(literal: "v")
            return Validator(key: signer.publicKey, name: label, organization: label, failureDomain: label)
        }
        let name = Label(literal: "m")
        guard let committee = Committee(epoch: .zero, validators: validators, parameters: ConsensusParameters()),
            let spec = ChainSpec(
                name: Label(literal: "four"), founded: Timestamp(1_600_000_000_000), rules: .first,
                committee: committee,
                members: [Member(key: member.publicKey, name: name, organization: name)])
        else { preconditionFailure("four keys make a committee") }
        self.spec = spec
        self.member = member
        office = try CertificateOffice()
        root = NSTemporaryDirectory() + "/four-\(UUID().uuidString)"
        for (index, signer) in signers.enumerated() {
            let directory = "\(root)/\(index)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            nodes.append(Node(account: AccountID(signer.publicKey), signer: signer, directory: directory))
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Starts a node, again at the port it had.
    func start(_ index: Int) async throws {
        let peers = nodes.enumerated().filter { $0.offset != index }.map { _, other in
            NetworkSettings.Peer(
                account: other.account,
                addresses: other.port == 0 ? [] : [NodeAddress(host: "127.0.0.1", port: other.port)])
        }
        let network = PeerNetwork(
            NetworkSettings(
                me: nodes[index].account, listen: [NodeAddress(host: "127.0.0.1", port: nodes[index].port)],
                peers: peers,
                instance: .random(in: 0 ... .max)),
            security: try office.security(of: nodes[index].signer, named: "node \(index)"),
            on: MultiThreadedEventLoopGroup.singleton.next(),
            say: { _ in })
        nodes[index].port = try await network.start()[0].port
        let disk = nodes[index].disk
        let settings = ChainHostSettings<FussyStore>(
            spec: spec, directory: nodes[index].directory, signer: nodes[index].signer, stateCacheBytes: 1 << 20,
            network: network
        ) { () throws(StoreError) in try disk.open() }
        let host = ChainHost(settings, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await host.start()
        nodes[index].network = network
        nodes[index].host = host
    }

    func stop(_ index: Int) async {
        await nodes[index].network?.close()
        await nodes[index].host?.close()
        (nodes[index].network, nodes[index].host) = (nil, nil)
    }

    /// Takes everything a node has on its disk away.
    func wipe(_ index: Int) throws {
        nodes[index].disk = FussyDisk()
        try FileManager.default.removeItem(atPath: nodes[index].directory)
        try FileManager.default.createDirectory(atPath: nodes[index].directory, withIntermediateDirectories: true)
    }

    /// Deposits at one node and waits for it to be attested there.
    func put(
        _ number: UInt64, at index: Int, from: Height = .zero, within seconds: Int = 20
    ) async throws -> Hosting.Progress? {
        let transaction = try sampleDeposit(number, on: spec, by: member, from: from)
        return await nodes[index].host?.submit([transaction], until: .attested, within: .seconds(seconds)).first
    }

    func wait(_ index: Int, for height: Height, within seconds: Int = 20) async -> Bool {
        await nodes[index].host?.wait(for: height, to: .executed, within: .seconds(seconds)) ?? false
    }

    /// Height and history of what a node has executed.
    func executed(_ index: Int) async -> ExecutedTip? { await nodes[index].host?.snapshot().executed }
}
