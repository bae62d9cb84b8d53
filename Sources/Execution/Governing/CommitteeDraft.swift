// SPDX-License-Identifier: Apache-2.0
package import Ledger
import ShangMi

/// The committee that is to follow, while the acts of a proposal are made on it.
/// - Spec: COMM-3, GOV-11.
package struct CommitteeDraft: Sendable {
    package let active: Committee
    package private(set) var validators: [Validator]
    package private(set) var parameters: ConsensusParameters
    /// Organisations of which a validator's key changes, each once.
    private(set) var rotated: [Label] = []

    package init(_ active: Committee) {
        self.active = active
        validators = active.validators
        parameters = active.parameters
    }

    /// - Returns: why the act cannot be done; nil where it was, or where it is none of the committee's.
    package mutating func apply(_ act: GovernanceAct) -> ResultCode? {
        switch act {
        case .addValidator(let validator): return seat(validator, at: validators.count)
        case .removeValidator(let key):
            guard let place = place(of: key) else { return .validatorUnknown }
            validators.remove(at: place)
        case .replaceValidator(let key, let validator):
            guard let place = place(of: key) else { return .validatorUnknown }
            validators.remove(at: place)
            return seat(validator, at: place)
        case .rotateValidator(let key, let next):
            guard let place = place(of: key) else { return .validatorUnknown }
            let old = validators.remove(at: place)
            if !rotated.contains(old.organization) { rotated.append(old.organization) }
            let rotated = Validator(
                key: next, name: old.name, organization: old.organization, failureDomain: old.failureDomain)
            return seat(rotated, at: place)
        case .setParameters(let parameters): self.parameters = parameters
        default: break
        }
        return nil
    }

    private func place(of key: SM2.PublicKey) -> Int? { validators.firstIndex { $0.key == key } }

    private mutating func seat(_ validator: Validator, at place: Int) -> ResultCode? {
        guard self.place(of: validator.key) == nil else { return .validatorKnown }
        validators.insert(validator, at: place)
        return nil
    }

    /// Whether the active committee has no such key, or has it under another organisation: whoever answers for a
    /// validator from now on must be able to (GOV-11).
    func isNew(_ validator: Validator) -> Bool {
        !active.validators.contains { $0.key == validator.key && $0.organization == validator.organization }
    }

    /// Blocks that hold nothing, or clocks that must agree to the millisecond, would stop the chain, and with it
    /// whoever could take the parameters back.
    private static func canLive(with parameters: ConsensusParameters) -> Bool {
        parameters.blockTransactionsMax >= 1 && parameters.heartbeatMillis >= 1_000
            && parameters.clockToleranceMillis >= 50
    }

    /// The committee the acts make, where it may follow the active one.
    /// - Throws: what it breaks (COMM-3, GOV-11).
    package func finish(overrides: Bool) throws(CommitteeRefusal) -> Committee {
        let committee = Committee(
            epoch: active.epoch.advanced(by: 1) ?? active.epoch, validators: validators, parameters: parameters)
        guard let committee, parameters == active.parameters || CommitteeDraft.canLive(with: parameters) else {
            throw CommitteeRefusal(code: .committeeUnfit)
        }
        let least = Limits.faultTolerantValidatorsMin
        if active.count >= least, committee.count < least { throw CommitteeRefusal(code: .committeeTooSmall) }
        let weakens =
            FailureDomains(of: active).survivesAnyCloud && !FailureDomains(of: committee).survivesAnyCloud
        if weakens, !overrides { throw CommitteeRefusal(code: .cloudRule) }
        return committee
    }
}

/// Why acts make no committee that may follow.
package struct CommitteeRefusal: Error, Hashable, Sendable {
    package let code: ResultCode
}
