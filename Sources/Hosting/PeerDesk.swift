// SPDX-License-Identifier: Apache-2.0
import Consensus
import Ledger
import Replication
import ShangMi
import Transport

/// Checks what is long among peers' messages, payloads and transactions, on a thread of its own, so that votes go on.
actor PeerDesk {
    private nonisolated let thread: WorkThread
    private var checker: MessageChecker<SM2.Verifier>
    /// Tables of clients' keys: 64 large ones and 40 MB of small ones.
    private static let tableBytesMax = 16 << 20
    private static let crowdMax = 10_000

    init(_ spec: ChainSpec) {
        thread = WorkThread(name: "peers-\(spec.name.text)")
        checker = MessageChecker(
            SM2.Verifier(tableBytesMax: PeerDesk.tableBytesMax, crowdMax: PeerDesk.crowdMax), spec: spec)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    func decode(_ bytes: [UInt8]) -> Result<PeerMessage, MessageRefusal> { PeerMessage.decode(bytes) }

    func check(
        _ message: PeerMessage, in context: VotingContext, committee: Committee
    ) -> Result<CheckedMessage, MessageRefusal> {
        checker.check(message, in: context, committee: committee)
    }

    nonisolated func giveWay(_ givesWay: Bool) { thread.giveWay(givesWay) }

    nonisolated func close() { thread.close() }
}

extension PeerMessage {
    /// How links carry it (LINK-5).
    var traffic: TrafficClass {
        switch self {
        case .summary, .proposal, .ballot, .certificate, .nullity, .bodyRequest, .blocksRequest, .returnRequest,
            .returnReport, .snapshotRequest, .chunkRequest:
            .votes
        case .body, .outline: .blocks
        case .transactions: .transactions
        case .blocks, .snapshotOffer, .chunk: .sync
        }
    }

    /// Whether checking it may take longer than a vote should wait.
    var isLong: Bool {
        switch self {
        case .body, .transactions, .snapshotOffer: true
        default: false
        }
    }
}
