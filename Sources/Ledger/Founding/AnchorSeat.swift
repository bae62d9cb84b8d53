// SPDX-License-Identifier: Apache-2.0
import Bedrock

/// The member that puts a node's audit log on record: one for each node, with a key of its own that may deposit
/// evidence and call nothing else.
///
/// It has no role, so no standard policy lets it call anything; a policy for this one method, with which the chain is
/// founded, names its group. Whoever takes the key from a machine can anchor, and no more.
/// - Spec: FOUND-19 (docs/spec/founding.md).
package enum AnchorSeat {
    package static let group = Label(literal: "audit-anchor")

    /// - Returns: nil where the node's name is too long to have more in front of it.
    package static func name(of node: Label) -> Label? { Label("anchor-\(node.text)") }

    /// The seats of an organisation that founds with these nodes: those of its agreement, and behind them one for each
    /// node whose seat is not among them.
    package static func seats(_ agreed: [Consortium.Seat], for nodes: [Consortium.Node]) -> [Consortium.Seat] {
        let missing = nodes.compactMap { name(of: $0.name) }.filter { name in !agreed.contains { $0.name == name } }
        return agreed + missing.map { Consortium.Seat(name: $0, roles: .none, groups: [group]) }
    }

    /// What a chain with such members is founded with; nothing where it has none.
    ///
    /// As bytes: a verifier of receipts needs no language of policies. Whoever could deposit without it still can.
    package static func policies(for members: [Member]) -> [FoundingPolicy] {
        guard members.contains(where: { $0.groups.contains(group) }) else { return [] }
        let text = "any of group(\(group.text)) or any of role(orgAdmin, operator, developer, user)"
        let resource = [methodTag] + Deposit.contract.encoded + Deposit.method.encoded
        return [FoundingPolicy(resource: resource, text: Array(text.utf8))]
    }

    /// Of a resource that is one method (PERM-1).
    private static let methodTag: UInt8 = 0x04
}
