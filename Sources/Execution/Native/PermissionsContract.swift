// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger

/// Policies by resource, and contracts that are frozen. It has no methods: governance writes it.
/// - Spec: PERM-1, PERM-2, PERM-8.
package enum PermissionsContract {
    package static let contract = Label(literal: "permissions")

    /// 'p' and the resource: the policy's canonical text.
    package static func policyKey(_ resource: Resource) -> [UInt8] {
        StateKey.of(contract, [0x70] + resource.encoded)
    }

    /// 'z' and a contract's name: its standing, where it is frozen.
    package static func standingKey(_ name: Label) -> [UInt8] { StateKey.of(contract, [0x7a] + name.utf8) }

    /// 'n': how many policies are set.
    static let countKey = StateKey.of(contract, [0x6e])

    /// What the founding writes. What is no resource or no policy is written as it is and allows nothing.
    static func foundingWrites(_ spec: ChainSpec) -> [(key: [UInt8], value: [UInt8]?)] {
        guard !spec.policies.isEmpty else { return [] }
        return spec.policies.map { (StateKey.of(contract, [0x70] + $0.resource), $0.text) }
            + [(countKey, Counter(UInt64(spec.policies.count)).encoded)]
    }
}

extension FoundingPolicy {
    package init(_ resource: Resource, _ policy: Policy) {
        self.init(resource: resource.encoded, text: Array(policy.text.utf8))
    }
}
