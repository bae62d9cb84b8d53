// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Ledger
import Replication
import ShangMi

/// Those who deposit evidence, and what they were told.
struct Clients {
    static let bounds = Mempool.Bounds(transactionsMax: 4_096, bytesMax: 4 << 20, perSenderMax: 1_024)
    static let count = 4
    private static let business = Label(literal: "contract")
    private static let title = Label(literal: "t")
    private static let mediaType = Label(literal: "text/plain")

    /// One transaction somebody wants on the chain.
    struct Wish {
        let transaction: SignedTransaction
        let id: TransactionID
        /// It must be final in the end: it is good and its window does not close meanwhile.
        let isDue: Bool
        /// Some honest node has admitted it.
        var isAdmitted = false
    }

    private let chain: ChainID
    private let signers: [SimulatedSigner]
    /// Clients whom governance freezes now and then; nothing they ask for is due.
    let victims: [SimulatedSigner]
    private let admins: [SimulatedSigner]
    /// Keys of nobody yet: they take a victim's place, or are delegated to by one.
    let spareKeys: [SimulatedSigner]
    /// Members of the second organisation that governs, each with a card and a certificate on it.
    let cardHolders: [SimulatedSigner]
    private(set) var wishes: [Wish] = []
    private var placeByID: [TransactionID: Int] = [:]
    private var tickets: [[Int]] = []
    private var salt: UInt64 = 0

    init(_ chain: ChainID, isReal: Bool) {
        self.chain = chain
        let all = (0..<Clients.keys).map { KeyPool.client($0, isReal: isReal) }
        signers = Array(all[..<Clients.count])
        victims = Array(all[Clients.count..<Clients.count + Clients.victimCount])
        admins = Array(all[(Clients.count + Clients.victimCount)...])
        spareKeys = (0..<Clients.spareKeyCount).map { KeyPool.client(Clients.keys + $0, isReal: isReal) }
        cardHolders = Clients.cards.indices.map { Clients.cardHolder($0, isReal: isReal) }
    }

    static let victimCount = 2
    static let spareKeyCount = 12
    /// Organisations that govern, each with two admins.
    static let governing = [
        Label(literal: "g0"), Label(literal: "g1"), Label(literal: "g2"), Label(literal: "g3"),
    ]
    private static var keys: Int { count + victimCount + 2 * governing.count }

    private static func cardHolder(_ number: Int, isReal: Bool) -> SimulatedSigner {
        KeyPool.client(keys + spareKeyCount + number, isReal: isReal)
    }

    /// The certificates of the card holders, in DER: the same in all worlds.
    static let cards: [[UInt8]] = (0..<3).compactMap { number in
        var random = SeededRandom(seed: 0x6361_7264)
        let authority = SM2.ThrowAwaySigner(from: &random)
        let (from, to) = (CertificateTime(seconds: 0), CertificateTime(seconds: 4_000_000_000))
        guard let name = DistinguishedName([.init(ObjectIdentifier.commonName, "g1")]) else { return nil }
        let root = try? CertificateDraft.root(
            name, key: authority.publicKey, serial: [1], notBefore: from, notAfter: to
        ).signed(by: authority)
        guard let root else { return nil }
        return try? CertificateDraft.below(
            root, subject: name, key: cardHolder(number, isReal: false).publicKey, usage: .signing,
            serial: [UInt8(number + 2)], notBefore: from, notAfter: to
        ).signed(by: authority).der
    }

    /// The first or the second admin of an organisation that governs.
    func admin(_ number: Int, spare: Bool) -> SimulatedSigner { admins[2 * number + (spare ? 1 : 0)] }

    static func members(isReal: Bool) -> [Member] {
        (0..<keys).map { number in
            let place = number - count - victimCount
            return Member(
                key: KeyPool.client(number, isReal: isReal).publicKey, name: Label(literal: "m"),
                organization: place < 0 ? Label(literal: "o") : governing[place / 2],
                roles: RoleSet(place < 0 ? .user : .orgAdmin))
        }
            + cards.enumerated().map { number, card in
                Member(
                    key: cardHolder(number, isReal: isReal).publicKey, name: Label(literal: "c"),
                    organization: governing[1], certificate: SM3.hash(card))
            }
    }

    /// A deposit that is new.
    mutating func deposit(
        from: Height, until: Height, by signer: SimulatedSigner? = nil, _ random: inout SeededRandom
    ) -> SignedTransaction {
        let deposit = Deposit(
            businessType: Clients.business, title: Clients.title, digest: Digest(words: (random.next(), 1, 2, 3)),
            size: 1, mediaType: Clients.mediaType, capture: .upload)
        return transaction(
            Deposit.contract, Deposit.method, deposit.encoded, from: from, until: until,
            by: signer ?? random.pick(signers))
    }

    mutating func transaction(
        _ contract: Label, _ method: Label, _ arguments: [UInt8], from: Height, until: Height,
        by signer: SimulatedSigner
    ) -> SignedTransaction {
        salt += 1
        return signer.transaction(
            Transaction(
                chain: chain, validFrom: from, validUntil: until, contract: contract, method: method,
                arguments: arguments, salt: salt, sender: signer.publicKey))
    }

    /// Notes what is about to be submitted; gives the ticket and whether each is known already.
    mutating func wish(_ transactions: [SignedTransaction], isDue: Bool) -> Ticket {
        var places: [Int] = []
        for transaction in transactions {
            let id = transaction.id
            if let known = placeByID[id] {
                places.append(known)
            } else {
                placeByID[id] = wishes.count
                places.append(wishes.count)
                wishes.append(Wish(transaction: transaction, id: id, isDue: isDue))
            }
        }
        tickets.append(places)
        return Ticket(UInt64(tickets.count - 1))
    }

    func ids(of ticket: Ticket) -> [TransactionID] { tickets[Int(ticket.value)].map { wishes[$0].id } }

    mutating func answer(_ ticket: Ticket, _ admissions: [Admission], by slot: Int) {
        for (place, admission) in zip(tickets[Int(ticket.value)], admissions) where admission == .admitted {
            wishes[place].isAdmitted = true
        }
    }
}

extension Cluster {
    /// Gives transactions to a node, as its clients do.
    mutating func submit(_ transactions: [SignedTransaction], to slot: Int, isDue: Bool) {
        guard nodes[slot].isUp else { return }
        let ticket = clients.wish(transactions, isDue: isDue)
        let verified = signatures.check(transactions)
        // An unsigned one never gets past the door, so the ticket speaks of all of them.
        guard verified.allSatisfy({ $0 != nil }) else { return }
        let event = ReplicaEvent.submitted(verified.compactMap { $0 }, ticket)
        for id in clients.ids(of: ticket) { timings.wish(id, at: now) }
        agenda.add(.event(slot, run: nodes[slot].run, event), at: now)
    }

    /// Due transactions that are not final yet. One whose window begins at some node's base or before may not find the
    /// votes of such nodes, and waits for a leader and a quorum that can tell (SYNC-9).
    var unfinished: [SignedTransaction] {
        clients.wishes.indices.filter(isUnfinished).map { clients.wishes[$0].transaction }
    }

    var hasUnfinished: Bool { clients.wishes.indices.contains(where: isUnfinished) }

    /// Whether something may wait for good that some node cannot judge: then views go on (SYNC-9).
    var hasDoubtful: Bool {
        guard let base = highestBase else { return false }
        let next = Height(oracles.ledger.height.value + 1)
        return clients.wishes.contains { wish in
            let body = wish.transaction.body
            return wish.isAdmitted && body.validFrom <= base && body.validUntil >= next
                && oracles.ledger.place(of: wish.id) == nil
        }
    }

    private func isUnfinished(_ wish: Int) -> Bool {
        guard clients.wishes[wish].isDue, oracles.ledger.place(of: clients.wishes[wish].id) == nil else { return false }
        return highestBase.map { clients.wishes[wish].transaction.body.validFrom > $0 } ?? true
    }
}
