// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger

/// Who approved a proposal, as far as it can still count, in the order in which they did.
///
/// Bounded for everybody's sake: whoever has many keys, or one key after another, takes nobody else's place.
/// - Spec: GOV-6.
struct ApprovalList {
    private(set) var subjects: [Subject] = []

    var accounts: [AccountID] { subjects.map(\.account) }

    /// Takes in one that was given before; a key that was removed or replaced, or whose organisation has left, says
    /// nothing ever again and makes room. A frozen one may come back.
    mutating func keep(_ subject: Subject) {
        guard subject.delegation == nil, !subject.standing.isRemoved, !subject.organizationStanding.isRemoved else {
            return
        }
        subjects.append(subject)
    }

    /// Those that count at a height (GOV-6). Policies count each person once.
    func voices(at height: Height) -> [Voice] {
        subjects.filter { $0.isActive(at: height) || Mutant.lapsedApprovalsCount.isOn }.map(\.voice)
    }

    /// Adds one more.
    ///
    /// No organisation has more than 8. Where the list is full, whoever has none or one gets a place all the same, from
    /// the organisation that has most: two for each of 256 are what the list holds, so that one has three or more.
    /// - Throws: `approvalsFull`.
    /// - Cost: a look at each.
    mutating func add(_ subject: Subject) throws(CallFailure) {
        var counts: [Label: Int] = [:]
        for other in subjects { counts[other.member.organization, default: 0] += 1 }
        let own = counts[subject.member.organization] ?? 0
        guard own < Limits.organizationApprovalsMax else { throw .result(.approvalsFull) }
        if subjects.count >= Limits.approvalsMax {
            let most = counts.values.max() ?? 0
            guard own < Limits.organizationApprovalsMin, most > Limits.organizationApprovalsMin,
                let last = subjects.lastIndex(where: { counts[$0.member.organization] == most })
            else { throw .result(.approvalsFull) }
            subjects.remove(at: last)
        }
        subjects.append(subject)
    }
}
