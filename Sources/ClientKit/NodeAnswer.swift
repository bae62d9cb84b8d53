// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import ShangMi

/// What a node says of itself (GET /v1/node).
package struct NodeAnswer: Hashable, Sendable {
    package let version: String
    package let id: String
    package let roles: [String]
    package let chains: [String]
    package let peers: [Peer]
    /// Code path by algorithm, in the node's order: ("sm2", "avx512ifma").
    package let paths: [Path]
    package let clockSkewMillis: Int64?

    package struct Peer: Hashable, Sendable {
        package let name: String
        package let address: String
        package let connected: Bool
    }

    package struct Path: Hashable, Sendable {
        package let algorithm: String
        package let path: String
    }
}

/// Where a chain stands (GET /v1/chains/{c}).
package struct ChainAnswer: Hashable, Sendable {
    package let name: String
    package let id: ChainID
    package let height: Height
    package let tip: BlockID
    package let lastBlock: Timestamp
    package let executed: Height
    package let attested: Height
    package let stateRoot: Digest
    package let historyRoot: Digest
    package let rules: UInt64
    package let waiting: Int
    package let inStep: Bool
    package let halted: String?
    /// Whole days until the node's disk is full; nil where the chain does not grow, or it is too soon to say.
    package let daysLeft: UInt64?
    /// Up to this height blocks have left for the archive; nil where the node has them all.
    package let archivedThrough: Height?
    package let committee: Committee
}

/// A final block (GET /v1/chains/{c}/blocks/{h}): the header and certificate are the canonical ones and may
/// be checked.
package struct BlockAnswer: Hashable, Sendable {
    package let id: BlockID
    package let header: Header
    /// Nil for genesis alone.
    package let certificate: QuorumCertificate?
    /// In order; empty where a list of blocks was asked for.
    package let transactions: [TransactionID]
    /// Nil until the block is executed.
    package let leaf: HistoryLeaf?
}

/// A transaction and how far it has got (GET /v1/chains/{c}/transactions/{id}).
package struct TransactionAnswer: Hashable, Sendable {
    package enum Status: String, Sendable { case waiting, final, executed, attested }

    package let id: TransactionID
    package let chain: ChainID
    package let sender: AccountID
    package let contract: Label
    package let method: Label
    package let validFrom: Height
    package let validUntil: Height
    /// Nil where a field of the call is kept from the reader (API-57); else what stands above is its own.
    package let transaction: SignedTransaction?
    /// Fields of the call that are kept from the reader.
    package let withheld: [String]
    package let status: Status
    package let position: Position?
    /// Nil until executed.
    package let outcome: Outcome?
    /// The receipt file, where `proof` was asked for and the transaction is attested. Not checked yet.
    package let receipt: EvidenceReceipt?
    /// What the call came to, with its proof, where one was asked for, also where the call itself is withheld. Not
    /// checked yet.
    package let resultProof: ReceiptProof?

    package struct Position: Hashable, Sendable {
        package let height: Height
        package let index: UInt64
        package let time: Timestamp
    }
}

/// What became of one submitted transaction.
package enum SubmissionAnswer: Hashable, Sendable {
    case admitted(TransactionID)
    /// It was known already and still waits.
    case known(TransactionID)
    case final(TransactionID, height: Height, index: UInt64)
    /// With the receipt file; not checked yet.
    case attested(EvidenceReceipt)
    case refused(TransactionID?, ClientError.Problem)
}

/// How far transactions should get before the node answers.
package enum Wait: String, Sendable, CaseIterable { case admitted, final, attested }

/// A record of evidence (GET /v1/evidence/{number}).
package struct EvidenceAnswer: Hashable, Sendable {
    package let number: EvidenceNumber
    package let recorded: Timestamp
    package let depositor: AccountID
    package let transaction: TransactionID
    /// Fields that are kept from the reader (API-57): they are nil here.
    package let withheld: [String]
    package let businessType: Label?
    package let title: Label?
    package let digest: Digest?
    package let size: UInt64?
    package let mediaType: Label?
    package let notes: [EvidenceNote]?
    /// The whole record; nil where a field of it is withheld.
    package let record: EvidenceRecord?
}

/// One page of a list, and where the next begins; nil at the end.
package struct Page<Element: Hashable & Sendable>: Hashable, Sendable {
    package let elements: [Element]
    package let cursor: String?
}

/// A value of the state or its absence, with the proof if one was asked for.
package struct StateAnswer: Hashable, Sendable {
    package let height: Height
    package let value: [UInt8]?
    package let proof: StateProof?
}
