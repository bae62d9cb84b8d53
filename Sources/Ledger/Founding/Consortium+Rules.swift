// SPDX-License-Identifier: Apache-2.0
import ShangMi

/// What must hold of an agreement before anybody makes a key for it.
/// - Spec: FOUND-3, FOUND-4.
extension Consortium {
    /// The first thing that is wrong; nil where a chain can be founded on this.
    package var flaw: FoundingFlaw? {
        limitFlaw ?? nameFlaw ?? twiceFlaw ?? identityFlaw ?? peopleFlaw ?? committeeFlaw
    }

    private var limitFlaw: FoundingFlaw? {
        let seats = parties.reduce(0) { $0 + $1.seats.count }
        let counts = [
            (parties.count, 1, Limits.organizationsMax, "organizations"),
            (seats, 0, Limits.foundingMembersMax, "members"),
            (nodes.count, 1, Limits.foundingNodesMax, "nodes"),
            (Int(rules.value), 1, Int(RuleVersion.newest.value), "rules"),
            // A chain of blocks without transactions, or of nodes without patience, does not live (GOV-11).
            (parameters.blockTransactionsMax, 1, Limits.payloadTransactionsMax, "block-transactions"),
            (Int(parameters.heartbeatMillis), 1_000, 86_400_000, "heartbeat"),
            (Int(parameters.clockToleranceMillis), 50, 60_000, "clock-tolerance"),
        ]
        for (count, least, most, what) in counts where !(least...most).contains(count) {
            return FoundingFlaw(.foundingOutOfRange, [what, "\(count)", "\(least)-\(most)"])
        }
        for party in parties where party.nodes.isEmpty && party.seats.isEmpty {
            return FoundingFlaw(.foundingOutOfRange, [party.id.text, "0", "1-"])
        }
        return nil
    }

    /// Names that become names of files and folders.
    private var nameFlaw: FoundingFlaw? {
        let names = [name] + parties.flatMap { [$0.id] + $0.nodes.map { $0.name } + $0.openSeats.map { $0.name } }
        return names.first { !Consortium.isFileName($0) }.map { FoundingFlaw(.foundingName, [$0.text]) }
    }

    /// No path and no hidden file, and short enough for an ending.
    package static func isFileName(_ label: Label) -> Bool {
        (1...Limits.foundingNameBytesMax).contains(label.utf8.count) && label.utf8.first != 0x2e
            && !label.utf8.contains(0x2f)
    }

    private var twiceFlaw: FoundingFlaw? {
        let addresses = nodes.flatMap { $0.addresses }
        let lists = [
            parties.map { $0.id.text }, parties.compactMap { $0.organization.creditCode?.text },
            nodes.map { $0.name.text }, addresses.map { $0.text },
            parties.flatMap { party in party.openSeats.map { "\(party.id.text)/\($0.name.text)" } },
            parties.flatMap { $0.seats.compactMap { $0.key.map { AccountID($0).hex } } },
        ]
        for list in lists {
            let sorted = list.sorted()
            if let pair = zip(sorted, sorted.dropFirst()).first(where: { $0 == $1 }) {
                return FoundingFlaw(.foundingTwice, [pair.0])
            }
        }
        return nil
    }

    private var identityFlaw: FoundingFlaw? {
        guard !waivers.contains(.identities) else { return nil }
        let nameless = parties.first { $0.organization.creditCode == nil || $0.organization.region == nil }
        return nameless.map { FoundingFlaw(.foundingIdentity, [$0.id.text]) }
    }

    /// Admins of each organisation, and the three offices in different hands (MEMB-4).
    private var peopleFlaw: FoundingFlaw? {
        for party in parties {
            let admins = party.seats.filter { $0.isAdmin }.count
            let least = waivers.contains(.admins) ? 0 : 1
            guard (least...Limits.organizationAdminsMax).contains(admins) else {
                return FoundingFlaw(.foundingAdmins, [party.id.text, "\(admins)"])
            }
        }
        var holders: [(person: Digest, office: RoleSet, name: String)] = []
        var persons: [Digest] = []
        for party in parties {
            for seat in party.seats {
                if let person = seat.person { persons.append(person) }
                let office = seat.roles.intersection(.threeOffices)
                guard !office.isEmpty else { continue }
                let name = "\(party.id.text)/\(seat.name.text)"
                guard let person = seat.person, office.count == 1 else {
                    return FoundingFlaw(.foundingOffices, [name])
                }
                holders.append((person, office, name))
            }
        }
        let sorted = holders.sorted { $0.person < $1.person }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.person == next.person && one.office != next.office
        {
            return FoundingFlaw(.foundingOffices, [one.name, next.name])
        }
        let people = persons.sorted()
        let most = Limits.personKeysMax
        guard people.count <= most || zip(people, people.dropFirst(most)).allSatisfy({ $0 != $1 }) else {
            return FoundingFlaw(.foundingOutOfRange, ["person", "\(most + 1)", "1-\(most)"])
        }
        return nil
    }

    private var committeeFlaw: FoundingFlaw? {
        let validators = nodes.filter { $0.isValidator }
        let least = waivers.contains(.committee) ? 1 : Limits.faultTolerantValidatorsMin
        guard (least...Limits.validatorsMax).contains(validators.count) else {
            return FoundingFlaw(.foundingCommittee, ["\(validators.count)", "\(least)-\(Limits.validatorsMax)"])
        }
        let domains = failureDomains
        guard waivers.contains(.clouds) || domains.survivesAnyCloud else {
            return FoundingFlaw(
                .foundingClouds,
                [domains.largest.name, "\(domains.largest.validators)/\(domains.count)", "\(domains.quorum)"])
        }
        return nil
    }

    /// What the committee could do without a cloud; there must be a validator.
    package var failureDomains: FailureDomains {
        let labels = nodes.filter { $0.isValidator }.map { $0.domain.text }
        return FailureDomains(labels: labels, quorum: labels.count - (labels.count - 1) / 3)
    }
}
