// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// Who may look at what others did at a node: a rule of the platform, so that no policy takes it from those who hold
/// the office or gives it to whom they look at.
/// - Spec: PERM-11, API-60.
package enum AuditOffice {
    /// Both are given by all organisations together (GOV-3).
    package static let roles = RoleSet(.supervisor, .auditAdmin)

    /// - Parameter subject: nil where no member stands behind the key.
    /// - Returns: success, or what stands in the way and why.
    package static func judge(_ subject: Subject?, at height: Height) -> (code: ResultCode, reason: String) {
        guard let subject else { return (.unknownSender, "no member stands behind this key") }
        if let obstacle = subject.obstacle(at: height) {
            let title = obstacle.code.stable?.title ?? ""
            return (obstacle.code, title + obstacle.facts)
        }
        // A delegated key calls what it was delegated for, and nothing else (MEMB-10).
        guard subject.delegation == nil else { return (.delegationElsewhere, "the key is a delegated one") }
        guard subject.member.roles.meets(roles) else {
            let held = subject.member.roles.roles.map(\.word).joined(separator: ", ")
            return (
                .deniedByPolicy,
                "\(subject.member.name.text) is neither supervisor nor auditAdmin"
                    + (held.isEmpty ? "" : ", but \(held)")
            )
        }
        return (.success, "")
    }
}
