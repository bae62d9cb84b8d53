// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Logging
import Replication
import ShangMi
import Storage
import Transport

// What a chain says to its peers and hears of them.
extension ChainHost {
    /// Hands a message to the links; the bytes are made once for all it goes to.
    func send(_ message: PeerMessage, to recipients: Recipients) {
        guard let network = settings.network, let run else { return }
        let peers: [AccountID] =
            switch recipients {
            case .peer(let peer): [peer]
            case .validators:
                run.replica.committee.validators.map { AccountID($0.key) }.filter { $0 != network.settings.me }
            }
        guard !peers.isEmpty else { return }
        network.send(message.encoded, message.traffic, of: settings.spec.id, to: peers)
    }

    /// Takes in what waits in the letter box, until it is empty.
    func open(_ inbox: PeerInbox) {
        while true {
            let items = inbox.drain()
            if items.isEmpty { return }
            for item in items {
                switch item {
                case .linked(let peer): take(.linked(peer))
                case .message(let delivery): hear(delivery)
                }
            }
        }
    }

    /// One message: the cheap questions here, long checks on the desk's thread (PEER-4, PEER-5).
    private func hear(_ delivery: Delivery) {
        guard let run else { return }
        let message: PeerMessage
        switch PeerMessage.decode(delivery.bytes) {
        case .success(let decoded): message = decoded
        case .failure(let refusal): return refuse(delivery.peer, refusal)
        }
        guard message.traffic == delivery.traffic else { return refuse(delivery.peer, .malformed) }
        if let refusal = run.replica.refusal(of: message, from: delivery.peer) { return refuse(delivery.peer, refusal) }
        let (context, committee) = (run.replica.votingContext, run.replica.committee)
        guard message.isLong else {
            return take(messages.check(message, in: context, committee: committee), from: delivery.peer)
        }
        // Unstructured because its answer is an event; the delivery is held until then, so the peer is paced by it.
        Task {
            let checked = await run.desk.check(message, in: context, committee: committee)
            guard self.run?.desk === run.desk else { return }
            take(checked, from: delivery.peer)
            withExtendedLifetime(delivery) {}
        }
    }

    private func take(_ checked: Result<CheckedMessage, MessageRefusal>, from peer: PeerID) {
        switch checked {
        case .success(let message): take(.received(peer, message))
        case .failure(let refusal): refuse(peer, refusal)
        }
    }

    /// Counted by cause and never answered.
    private func refuse(_ peer: PeerID, _ refusal: MessageRefusal) {
        counters.count(refused: refusal)
        log.debug("message refused", metadata: ["peer": "\(peer.hex)", "reason": "\(refusal)"])
    }
}
