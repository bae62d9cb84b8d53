// SPDX-License-Identifier: Apache-2.0
import Ledger

/// Who speaks and for which organisation, by numbers: what every clause of a policy asks of the same voices.
struct Roll: Sendable {
    /// Organisations in the order they are first met.
    let organizations: [Label]
    /// By voice, the number of its organisation.
    let homes: [Int]
    /// By voice, the number of its person.
    let persons: [Int]
    let personCount: Int
    /// True where a person speaks in several organisations.
    let isShared: Bool

    init(_ voices: [Voice]) {
        var organizations: [Label] = []
        var homeNumbers: [Label: Int] = [:]
        var personNumbers: [Voice.Person: Int] = [:]
        var (homes, persons): ([Int], [Int]) = ([], [])
        var firstHomes: [Int] = []
        var isShared = false
        for voice in voices {
            let home = homeNumbers[voice.member.organization] ?? organizations.count
            if home == organizations.count {
                homeNumbers[voice.member.organization] = home
                organizations.append(voice.member.organization)
            }
            let person = personNumbers[voice.person] ?? firstHomes.count
            if person == firstHomes.count {
                personNumbers[voice.person] = person
                firstHomes.append(home)
            }
            if firstHomes[person] != home { isShared = true }
            homes.append(home)
            persons.append(person)
        }
        self.organizations = organizations
        self.homes = homes
        self.persons = persons
        personCount = firstHomes.count
        self.isShared = isShared
    }
}

/// For how many organisations some voices can speak where each person speaks for one of them: the most that can be.
///
/// The most, and not the first come: so a voice more never makes it fewer (PERM-6), and an organisation that gives its
/// own member the name of another's admin takes nothing from that one.
/// - Spec: PERM-5.
struct Representation {
    /// How many organisations are spoken for.
    private(set) var count = 0
    /// By organisation, the numbers of those who could speak for it.
    private let speakers: [[Int]]
    /// The organisation a person speaks for, by the person's number.
    private var place: [Int?]

    /// - Cost: at most organisations times voices.
    init(_ speakers: [[Int]], of personCount: Int) {
        self.speakers = speakers
        place = Array(repeating: nil, count: personCount)
        for home in speakers.indices where !speakers[home].isEmpty {
            var asked = Array(repeating: false, count: personCount)
            if find(home, &asked) { count += 1 }
        }
    }

    /// Finds a speaker for an organisation; whoever speaks for another already may be replaced there.
    private mutating func find(_ home: Int, _ asked: inout [Bool]) -> Bool {
        if let free = speakers[home].first(where: { place[$0] == nil }) {
            place[free] = home
            return true
        }
        for person in speakers[home] where !asked[person] {
            asked[person] = true
            guard let other = place[person], find(other, &asked) else { continue }
            place[person] = home
            return true
        }
        return false
    }
}
