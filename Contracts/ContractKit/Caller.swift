// SPDX-License-Identifier: Apache-2.0

/// Who called: the member that signed the transaction, and the contract that called this one, if one did.
/// - Spec: KIT-9.
public enum Caller {
    /// The signing member's identity as the chain writes it.
    public static var member: Text { Caller.text(2) }

    /// The signing member's organisation.
    public static var organization: Text { Caller.text(3) }

    /// The contract that called this one; nil where the member called it.
    public static var contract: Text? {
        let name = Caller.text(4)
        return name.isEmpty ? nil : name
    }

    /// True where the member holds this role word in its organisation. Words the chain does not know are held by
    /// nobody: who may do what in a contract's own terms belongs into the contract's own state.
    public static func holds(_ role: Text) -> Bool { role.bytes.count <= 64 && Host.holds(role.bytes) }

    static func text(_ which: Int32) -> Text {
        // The host's texts are its own; were one not well formed it would be an empty one, which is nobody.
        (try? Text(utf8: Host.text(which))) ?? ""
    }
}
