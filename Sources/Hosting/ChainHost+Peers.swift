// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Logging
import Replication
import ShangMi
import Storage
import Transport

/// Long work a peer's messages make, one at a time for each peer, so that none waits behind another's.
struct LongWork {
    private var waiting: [PeerID: [Delivery]] = [:]
    private var busy: Set<PeerID> = []
    private var strikes: [PeerID: Int] = [:]

    /// Bad signatures after which a peer is a liar: an honest one sends none.
    private static let strikesMax = 8

    /// - Returns: the delivery where its peer has none under way; else it waits.
    mutating func begin(_ delivery: Delivery) -> Delivery? {
        guard busy.contains(delivery.peer) else {
            busy.insert(delivery.peer)
            return delivery
        }
        waiting[delivery.peer, default: []].append(delivery)
        return nil
    }

    /// - Returns: what the peer has next.
    mutating func end(_ peer: PeerID) -> Delivery? {
        guard var list = waiting[peer], !list.isEmpty else {
            busy.remove(peer)
            return nil
        }
        let next = list.removeFirst()
        waiting[peer] = list.isEmpty ? nil : list
        return next
    }

    /// Notes a refusal; true where the peer has lied once too often.
    mutating func strike(_ peer: PeerID, _ refusal: MessageRefusal) -> Bool {
        guard refusal == .badSignature || refusal == .badCertificate else { return false }
        strikes[peer, default: 0] += 1
        guard strikes[peer, default: 0] >= LongWork.strikesMax else { return false }
        strikes[peer] = nil
        return true
    }
}

// What a chain says to its peers and hears of them.
extension ChainHost {
    /// Letters dealt with before the chain's other work gets its turn.
    private static var lettersAtOnce: Int { 64 }
    /// Messages longer than this are read on the desk's thread.
    private static var shortBytesMax: Int { 64 << 10 }

    /// Hands a message to the links; the bytes are made once for all it goes to.
    func send(_ message: PeerMessage, to recipients: Recipients) {
        guard let network = settings.network else { return }
        let peers: [AccountID] =
            switch recipients {
            case .peer(let peer): [peer]
            case .validators:
                run?.replica.committee.validators.map { AccountID($0.key) }.filter { $0 != network.settings.me } ?? []
            }
        guard !peers.isEmpty else { return }
        network.send(message.encoded, message.traffic, of: settings.spec.id, to: peers)
    }

    /// Takes in some of what waits in the letter box.
    /// - Returns: false where nothing did.
    func open(_ inbox: PeerInbox) -> Bool {
        let items = inbox.drain(limit: Self.lettersAtOnce)
        for item in items {
            switch item {
            case .linked(let peer): take(.linked(peer))
            case .unlinked(let peer): take(.unlinked(peer))
            case .message(let delivery): hear(delivery)
            }
        }
        return !items.isEmpty
    }

    /// One message: the cheap questions here, long ones on the desk's thread (PEER-4, PEER-5).
    private func hear(_ delivery: Delivery) {
        let peer = delivery.peer
        if delivery.bytes.count > Self.shortBytesMax || delivery.traffic == .transactions { return work(on: delivery) }
        guard let message = accept(PeerMessage.decode(delivery.bytes), of: delivery) else { return }
        if message.isLong { return work(on: delivery) }
        // Borrowed, not held: whoever holds a copy of the run makes the replica's next change copy all it has.
        guard let context = run?.replica.votingContext, let committee = run?.replica.committee else { return }
        take(messages.check(message, in: context, committee: committee), of: message, from: peer)
    }

    /// The message, if it is one, of the right class, and worth a check.
    private func accept(
        _ decoded: Result<PeerMessage, MessageRefusal>, of delivery: Delivery
    ) -> PeerMessage? {
        switch decoded {
        case .failure(let refusal): refuse(delivery.peer, refusal)
        case .success(let message):
            guard message.traffic == delivery.traffic else {
                refuse(delivery.peer, .malformed)
                return nil
            }
            guard let refusal = run?.replica.refusal(of: message, from: delivery.peer) else { return message }
            refuse(message, from: delivery.peer, refusal)
        }
        return nil
    }

    /// Unstructured because its answer is an event; the delivery is held until then, so the peer is paced by it.
    private func work(on delivery: Delivery) {
        guard let desk = run?.desk, let first = longWork.begin(delivery) else { return }
        Task {
            var next: Delivery? = first
            while let delivery = next {
                await check(delivery, at: desk)
                guard run?.desk === desk else { return }
                next = longWork.end(delivery.peer)
            }
        }
    }

    private func check(_ delivery: Delivery, at desk: PeerDesk) async {
        let decoded = await desk.decode(delivery.bytes)
        guard run?.desk === desk, let message = accept(decoded, of: delivery),
            let context = run?.replica.votingContext, let committee = run?.replica.committee
        else { return }
        let checked = await desk.check(message, in: context, committee: committee)
        guard run?.desk === desk else { return }
        take(checked, of: message, from: delivery.peer)
    }

    private func take(
        _ checked: Result<CheckedMessage, MessageRefusal>, of message: PeerMessage, from peer: PeerID
    ) {
        switch checked {
        case .success(let message): take(.received(peer, message))
        case .failure(let refusal): refuse(message, from: peer, refusal)
        }
    }

    /// A chain that catches up has plenty to do at once and nobody waits for it: other chains and nodes of this machine
    /// do not wait behind it (HOST-11).
    func giveWayWhileBehind() {
        guard let isBehind = run?.replica.isCatchingUp, isBehind != run?.givesWay else { return }
        run?.givesWay = isBehind
        run?.worker.giveWay(isBehind)
        run?.desk.giveWay(isBehind)
    }

    /// The replica hears of what it waits for, so that it waits no longer.
    private func refuse(_ message: PeerMessage, from peer: PeerID, _ refusal: MessageRefusal) {
        refuse(peer, refusal)
        if let event = ReplicaEvent.refused(message, from: peer) { take(event) }
    }

    /// Counted by cause and never answered.
    private func refuse(_ peer: PeerID, _ refusal: MessageRefusal) {
        counters.count(refused: refusal)
        log.debug("message refused", metadata: ["peer": "\(peer.hex)", "reason": "\(refusal)"])
        guard longWork.strike(peer, refusal) else { return }
        log.warning("a peer sends bad signatures and is refused for a minute", metadata: ["peer": "\(peer.hex)"])
        settings.network?.ban(peer)
    }
}
