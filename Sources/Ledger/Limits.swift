// SPDX-License-Identifier: Apache-2.0

/// Bounds of everything that comes from outside, with the reason beside each. Part of the protocol: changing
/// one changes which bytes are valid.
package enum Limits {
    /// A name, title or media type: long enough for a document's full title in Chinese (85 characters).
    package static let labelBytesMax = 255
    /// Arguments of one call. Documents stay off the chain; a form with some thousand fields fits.
    package static let argumentBytesMax = 64 << 10
    /// One signed transaction: its arguments and 1 KiB for everything else.
    package static let transactionBytesMax = argumentBytesMax + 1 << 10
    /// Body of a block. 4 MiB crosses a 1 Gbit/s link in 34 ms.
    package static let payloadBytesMax = 4 << 20
    /// Transactions of a block: what 4 MiB holds at the smallest size worth sending.
    package static let payloadTransactionsMax = 16_384
    /// One submission by HTTP; equal to a block, so that one submission never needs two.
    package static let submissionBytesMax = 4 << 20
    /// How far `validUntil` may lie above `validFrom`. An hour at full speed, a year when idle.
    package static let validityWindowMax: UInt64 = 100_000
    /// Validators of a committee. Certificates are lists of signatures: 100 make 9.4 KB.
    package static let validatorsMax = 100
    /// The fewest validators of which one may fail in any way: a committee that has so many keeps so many
    /// (COMM-3).
    package static let faultTolerantValidatorsMin = 4
    /// What a call may return, and what one of its events may carry: with a whole answer and all events it is at most
    /// what a receipt file has room for (CTR-24).
    package static let outputBytesMax = 48 << 10
    /// Events of one transaction.
    package static let eventsMax = 64
    /// Data of one event.
    package static let eventBytesMax = 48 << 10
    /// Members named at the founding; later ones are admitted by governance.
    package static let foundingMembersMax = 10_000
    /// Nodes that organisations bring to a founding: a full committee and as many observers.
    package static let foundingNodesMax = 200
    /// Where one node can be dialled.
    package static let foundingAddressesMax = 8
    /// Names that become names of files, with room for an ending.
    package static let foundingNameBytesMax = 128
    /// One organisation's contribution: 10,000 keys and their proofs.
    package static let contributionBytesMax = 2 << 20
    /// A genesis with the contributions of all, signed or not.
    package static let genesisBytesMax = 16 << 20
    /// What one organisation signs a genesis with.
    package static let foundingSignatureBytesMax = 64 << 10
    /// Levels of a Merkle path over a list: 2^62 leaves.
    package static let pathLengthMax = 62
    /// Committee changes one proof may carry: ten years of weekly changes.
    package static let epochProofsMax = 520
    /// Headers that may lead from a block to the one whose certificate made it final. Mostly none or two: each is a
    /// view that was notarized and not finalized. Who missed more than so many catches up by a snapshot.
    package static let epochTailMax = 4_096
    /// A receipt file: a committee of 100 and a dozen committee changes fit (interfaces.md section 4).
    package static let receiptFileBytesMax = 64 << 10 + 2 * transactionBytesMax
    /// A key of the state, contract name included.
    package static let stateKeyBytesMax = 512
    /// A value of the state: what one transaction may carry.
    package static let stateValueBytesMax = 64 << 10
    /// Leaves of one snapshot chunk, each with 32 bytes for what it costs besides: some 4,000 records a message
    /// of the bulk class, checked in milliseconds.
    package static let chunkWeightMax = 1 << 20
    /// Text of one note on an evidence record.
    package static let noteBytesMax = 1 << 10
    /// Gas one transaction may use (EXEC-7); a deposit uses some 400.
    package static let transactionGasMax: UInt64 = 1_000_000
    /// Gas the transactions of one block may come to (EXEC-9): a second of one core. As many deposits as a payload
    /// holds fit, and a hundred calls of governance.
    package static let blockGasMax: UInt64 = 100_000_000
    /// How far execution may lag behind finality before blocks must be empty (CONS: back-pressure).
    package static let executionLagMax: UInt64 = 16
    /// Organisations of a consortium: a province, its cities and counties. All of them are read to count a majority.
    package static let organizationsMax = 256
    /// Bytes of an organisation's id, so that the list of all of them is one value of the state.
    package static let organizationIDBytesMax = 128
    /// Admins of one organisation: enough for every shift, few enough to be looked at one by one.
    package static let organizationAdminsMax = 8
    /// Certificates one organisation takes back on chain.
    package static let revocationsMax = 1_024
    /// Groups a member may be in.
    package static let memberGroupsMax = 8
    /// Keys one person may hold: a card, a spare, a machine.
    package static let personKeysMax = 8
    /// Keys a member may delegate to.
    package static let delegationsMax = 8
    /// Methods one delegation may name.
    package static let delegatedMethodsMax = 16
    /// How long an announced key may take to prove that somebody holds it, in heights.
    package static let announcementHeights: UInt64 = 100_000
    /// Text of a policy.
    package static let policyBytesMax = 1 << 10
    /// How deep a policy may be nested, and of how many clauses it may be made.
    package static let policyDepthMax = 8
    package static let policyClausesMax = 64
    /// Names in one list of a policy.
    package static let policyNamesMax = 32
    /// A resource: a contract and a method or field, as part of a key of the state.
    package static let resourceBytesMax = 480
    /// Policies a chain is founded with, and those it may hold.
    package static let foundingPoliciesMax = 1_000
    package static let policiesMax = 10_000
    /// Acts of one proposal: a new organisation with its people and its validator is some ten.
    package static let proposalActsMax = 32
    /// Bytes of one proposal's draft.
    package static let proposalBytesMax = 32 << 10
    /// Proposals one organisation may have open.
    package static let openProposalsMax = 8
    /// Decided proposals of one organisation that may wait for their height, and those of all together: what one puts
    /// there takes nobody else's place.
    package static let organizationDueProposalsMax = 4
    package static let dueProposalsMax = organizationsMax * organizationDueProposalsMax
    /// Proposals of an organisation that one new proposal looks at, to close those that expired: more than come.
    package static let expiredClosedMax = 2
    /// Approvals of one proposal by one organisation: all its admins'. And those that it always has a place for.
    package static let organizationApprovalsMax = organizationAdminsMax
    package static let organizationApprovalsMin = 2
    /// Approvals of one proposal.
    package static let approvalsMax = organizationsMax * organizationApprovalsMin
    /// Decided proposals looked at in one block, and as many again of those that wait: what is left has its turn later.
    package static let effectsPerBlockMax = 4
    /// How far ahead a proposal may expire, in heights.
    package static let proposalHeightsMax: UInt64 = 10_000_000
    /// Changes of the rules that may be scheduled.
    package static let ruleChangesMax = 64
    /// Changes of its validators' keys that one organisation may decide in a month of the chain's time: each ends an
    /// epoch, and a proof carries each epoch's end. So one organisation alone takes five years to make the 520 of a
    /// proof (GOV-17).
    package static let rotationsMax = 8
    package static let rotationWindowMillis: UInt64 = 30 * 86_400_000
    /// How old the height may be that a new validator names, and how old its word (COMM-10).
    package static let readyHeights: UInt64 = 1_000
}
