// SPDX-License-Identifier: Apache-2.0
package import Bedrock
import Execution
import Ledger
import Replication
import ShangMi

/// Organisations govern members, roles, one another, contracts and policies; members change and lend their keys.
///
/// With approvals too few, approvals that lapse before they count, and approvals that are taken back.
/// - Spec: SIM-13.
package struct Governance: Workload {
    package let pause: Instant.Span
    /// Keys of nobody that were used so far.
    private var taken = 0
    /// Each victim's keys, the newest last.
    private var holders: [[SimulatedSigner]] = []
    /// Keys that are to take a victim's place, and how often they have still to say so.
    private var arriving: [(key: SimulatedSigner, words: Int)] = []
    /// Keys that victims delegated to.
    private var delegates: [SimulatedSigner] = []
    /// Cards that were lost so far.
    private var lost = 0

    package init(pause: Instant.Span) { self.pause = pause }
    package var name: String { "Governance(\(pause.nanoseconds / Span.second) s)" }

    package mutating func begin(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        holders = cluster.clients.victims.map { [$0] }
        return pause
    }

    package mutating func act(on cluster: inout Cluster, _ random: inout SeededRandom) -> Instant.Span? {
        let up = cluster.nodes.filter { $0.isUp && $0.loyalty.isHonest }.map(\.slot)
        guard !up.isEmpty else { return pause }
        let tip = cluster.oracles.ledger.height
        takeOver(tip, through: up, on: &cluster, &random)
        switch random.below(10) {
        case 0...3: freeze(tip, through: up, on: &cluster, &random)
        case 4, 5: hinder(tip, through: up, on: &cluster, &random)
        case 6: reconsider(tip, through: up, on: &cluster, &random)
        case 7: rule(through: up, on: &cluster, &random)
        default: changeKeys(tip, through: up, on: &cluster, &random)
        }
        ask(tip, through: up, on: &cluster, &random)
        return random.wait(mean: pause)
    }

    /// Whoever is or was a victim, whom one lent a key, and an admin whose organisation is frozen now and then try to
    /// deposit and to annotate.
    private func ask(_ tip: Height, through up: [Int], on cluster: inout Cluster, _ random: inout SeededRandom) {
        let from = up.compactMap { cluster.nodes[$0].finalHeight }.min() ?? .zero
        let until = Height(tip.value + 40)
        let speaker = cluster.clients.admin(Clients.governing.count - 1, spare: false)
        for signer in holders.flatMap({ $0.suffix(2) }) + delegates.suffix(2) + [speaker] {
            var wishes = [cluster.clients.deposit(from: from, until: until, by: signer, &random)]
            if random.happens(300), let deposit = try? Deposit(decoding: wishes[0].body.arguments) {
                let note = Annotation(digest: deposit.digest, text: [0x6e])
                wishes.append(
                    cluster.clients.transaction(
                        Deposit.contract, EvidenceNote.method, note.encoded, from: from, until: until, by: signer))
            }
            cluster.submit(wishes, to: random.pick(up), isDue: false)
        }
    }

    // MARK: What organisations decide

    private func freeze(_ tip: Height, through up: [Int], on cluster: inout Cluster, _ random: inout SeededRandom) {
        let victim = random.pick(holders)
        let account = AccountID(victim[victim.count - 1].publicKey)
        let soon = GovernanceAct.Freeze(
            until: Height(tip.value + 6 + random.next() % 20), reason: Label(literal: "lost"))
        switch random.below(5) {
        case 0, 1: cluster.propose([.freezeMember(account, soon)], by: 3, through: up, &random)
        case 2:
            // Two of four are no majority; where all have to agree, four may.
            cluster.propose([.freezeMember(account, soon)], by: random.pick([2, 4]), through: up, &random)
        case 3:
            // An approver is frozen between the decision and its day.
            let due = Height(tip.value + 8)
            let later = GovernanceAct.Freeze(until: Height(tip.value + 60), reason: Label(literal: "later"))
            cluster.propose([.freezeMember(account, later)], by: 3, due: due, through: up, &random)
            let approver = AccountID(cluster.clients.admin(2, spare: false).publicKey)
            let long = GovernanceAct.Freeze(until: Height(tip.value + 90), reason: Label(literal: "lost"))
            cluster.propose([.freezeMember(approver, long)], by: 3, spare: true, through: up, &random)
        default: cluster.propose([.unfreezeMember(account)], by: 3, through: up, &random)
        }
    }

    /// An organisation or the contract stands still for a while, or a method is forbidden.
    private func hinder(_ tip: Height, through up: [Int], on cluster: inout Cluster, _ random: inout SeededRandom) {
        let soon = GovernanceAct.Freeze(
            until: Height(tip.value + 6 + random.next() % 20), reason: Label(literal: "inquiry"))
        let last = Clients.governing[Clients.governing.count - 1]
        let method = Resource.method(Deposit.contract, EvidenceNote.method)
        let act: GovernanceAct =
            switch random.below(8) {
            case 0, 1: .freezeOrganization(last, soon)
            case 2: .unfreezeOrganization(last)
            case 3: .freezeContract(Deposit.contract, soon)
            case 4: .unfreezeContract(Deposit.contract)
            case 5, 6: .setPolicy(method, .forbidden)
            default: .setPolicy(method, nil)
            }
        let speaker = AccountID(cluster.clients.admin(Clients.governing.count - 1, spare: true).publicKey)
        let roles = RoleSet(random.happens(500) ? .user : .orgAdmin)
        cluster.propose(
            [random.happens(750) ? act : .setRoles(speaker, roles)], by: random.pick([2, 3, 3, 4]),
            through: up, &random)
    }

    /// Something is decided for later, and an approval of it is taken back, or the whole of it.
    private func reconsider(
        _ tip: Height, through up: [Int], on cluster: inout Cluster, _ random: inout SeededRandom
    ) {
        let victim = random.pick(holders)
        let freeze = GovernanceAct.Freeze(until: Height(tip.value + 60), reason: Label(literal: "hasty"))
        let method = random.happens(700) ? GovernanceContract.withdraw : GovernanceContract.revoke
        cluster.propose(
            [.freezeMember(AccountID(victim[victim.count - 1].publicKey), freeze)], by: 3,
            due: Height(tip.value + 10), thenBack: method, through: up, &random)
    }

    /// What freezes and contracts take changes: all organisations, two of them, or what it was.
    private func rule(through up: [Int], on cluster: inout Cluster, _ random: inout SeededRandom) {
        let kind = random.pick([ActClass.freezes, .contracts])
        let policy = random.pick([GovernanceBook.all, GovernanceBook.two, nil, nil])
        cluster.propose([.setPolicy(.acts(kind), policy)], by: random.happens(800) ? 3 : 4, through: up, &random)
    }

    // MARK: What members do about their keys

    private mutating func changeKeys(
        _ tip: Height, through up: [Int], on cluster: inout Cluster, _ random: inout SeededRandom
    ) {
        guard taken < Clients.spareKeyCount else { return }
        let next = cluster.clients.spareKeys[taken]
        taken += 1
        if lost < Clients.cards.count, random.happens(300) {
            return loseCard(to: next, tip, through: up, on: &cluster, &random)
        }
        let place = random.below(holders.count)
        let owner = holders[place][holders[place].count - 1]
        if random.happens(500) {
            cluster.say(MembershipContract.announce, next.publicKey.encoded, by: owner, at: tip, through: up, &random)
            holders[place].append(next)
            arriving.append((next, 3))
        } else {
            let request = DelegationRequest(
                key: next.publicKey,
                delegation: Delegation(
                    contract: Deposit.contract, methods: [Deposit.method], until: Height(tip.value + 30),
                    calls: 1 + random.next() % 3))
            cluster.say(MembershipContract.delegate, request.encoded, by: owner, at: tip, through: up, &random)
            delegates.append(next)
        }
    }

    /// A card is lost, and its certificate taken back; who found it announces a key of his own, before or after.
    private mutating func loseCard(
        to thief: SimulatedSigner, _ tip: Height, through up: [Int], on cluster: inout Cluster,
        _ random: inout SeededRandom
    ) {
        let holder = cluster.clients.cardHolders[lost]
        let request = CertificateRevocation(certificate: Clients.cards[lost], reason: Label(literal: "lost"))
        lost += 1
        cluster.say(MembershipContract.announce, thief.publicKey.encoded, by: holder, at: tip, through: up, &random)
        let admin = cluster.clients.admin(1, spare: random.happens(500))
        cluster.say(
            MembershipContract.revokeCertificate, request.encoded, by: admin, at: tip, through: up, &random)
        holders.append([holder, thief])
        arriving.append((thief, 3))
    }

    private mutating func takeOver(
        _ tip: Height, through up: [Int], on cluster: inout Cluster, _ random: inout SeededRandom
    ) {
        for index in arriving.indices {
            arriving[index].words -= 1
            cluster.say(MembershipContract.takeOver, [], by: arriving[index].key, at: tip, through: up, &random)
        }
        arriving.removeAll { $0.words == 0 }
    }
}

extension Cluster {
    /// Has somebody call a method of the register of members.
    fileprivate mutating func say(
        _ method: Label, _ arguments: [UInt8], by signer: SimulatedSigner, at tip: Height, through up: [Int],
        _ random: inout SeededRandom
    ) {
        let from = up.compactMap { nodes[$0].finalHeight }.min() ?? .zero
        let word = clients.transaction(
            MembershipContract.contract, method, arguments, from: from, until: Height(tip.value + 40), by: signer)
        submit([word], to: random.pick(up), isDue: false)
    }

    /// Has organisations propose and approve: the first proposes, the next approve, all by keys of their own.
    /// - Parameters:
    ///   - spare: by the second admin of each.
    ///   - back: what the last approver or, to revoke, the proposer then says of it.
    mutating func propose(
        _ acts: [GovernanceAct], by count: Int, due: Height = .zero, spare: Bool = false, thenBack back: Label? = nil,
        through up: [Int], _ random: inout SeededRandom
    ) {
        let tip = oracles.ledger.height
        let from = up.compactMap { nodes[$0].finalHeight }.min() ?? .zero
        let until = Height(tip.value + 40)
        let motion = Motion(acts, due: due, expires: Height(tip.value + 120), overrides: true, salt: random.next())
        let proposer = clients.admin(0, spare: spare)
        let id = motion.id(by: AccountID(proposer.publicKey))
        var words = [(GovernanceContract.propose, motion.encoded, proposer)]
        for number in 1..<count {
            words.append((GovernanceContract.approve, id.encoded, clients.admin(number, spare: spare)))
        }
        if let back {
            let speaker = back == GovernanceContract.revoke ? proposer : clients.admin(count - 1, spare: spare)
            words.append((back, id.encoded, speaker))
        }
        let transactions = words.map { method, arguments, signer in
            clients.transaction(
                GovernanceContract.contract, method, arguments, from: from, until: until, by: signer)
        }
        submit(transactions, to: random.pick(up), isDue: false)
    }
}
