// SPDX-License-Identifier: Apache-2.0
package import Ledger

/// Two signed statements by one key that no honest validator makes both of. Convicts by itself, without
/// clocks.
/// - Spec: CONS-19; consensus.md 2.16.
package enum Fault: Hashable, Sendable {
    /// Two ballots of one kind in one view that differ (E1, E3).
    case ballots(Ballot, Ballot)
    /// Two proposals in one view (E4).
    case proposals(Proposal, Proposal)
}
