// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import ShangMi

/// Where a chain stands on this node.
package struct ChainStatus: Hashable, Sendable {
    /// The newest final block: its height, identifier and time.
    package let height: Height
    package let tip: BlockID
    package let lastBlock: Timestamp
    package let executed: Height
    /// The newest height whose result stands under a certificate.
    package let attested: Height
    /// Root of the state after `executed`.
    package let stateRoot: Digest
    /// Root of the history up to `executed`.
    package let historyRoot: Digest
    package let committee: Committee
    package let rules: RuleVersion
    /// Transactions waiting for a block.
    package let waiting: Int
    /// True while this node keeps step with the quorum (readiness).
    package let inStep: Bool
    /// Why the chain has stopped here, nil while it runs.
    package let halted: String?
    package let disk: Disk

    /// Room for the chain on this node.
    package struct Disk: Hashable, Sendable {
        /// What the chain's files take.
        package let chainBytes: UInt64
        package let freeBytes: UInt64
        /// Whole days until it is full if all goes on as it did; nil where the chain does not grow, or it is too soon.
        package let daysLeft: UInt64?
        /// Up to this height blocks have left for the archive; nil where all are here.
        package let archivedThrough: Height?

        package init(chainBytes: UInt64, freeBytes: UInt64, daysLeft: UInt64?, archivedThrough: Height?) {
            self.chainBytes = chainBytes
            self.freeBytes = freeBytes
            self.daysLeft = daysLeft
            self.archivedThrough = archivedThrough
        }
    }

    package init(
        height: Height, tip: BlockID, lastBlock: Timestamp, executed: Height, attested: Height,
        stateRoot: Digest,
        historyRoot: Digest, committee: Committee, rules: RuleVersion, waiting: Int, inStep: Bool,
        halted: String?, disk: Disk
    ) {
        self.disk = disk
        self.height = height
        self.tip = tip
        self.lastBlock = lastBlock
        self.executed = executed
        self.attested = attested
        self.stateRoot = stateRoot
        self.historyRoot = historyRoot
        self.committee = committee
        self.rules = rules
        self.waiting = waiting
        self.inStep = inStep
        self.halted = halted
    }
}

/// A final block as the door shows it.
package struct FinalBlock: Hashable, Sendable {
    package let header: Header
    /// What made it final; nil for genesis alone, which nobody voted on.
    package let certificate: QuorumCertificate?
    /// In the block's order; empty where a list was asked for.
    package let transactions: [TransactionID]
    /// What executing it came to, nil until it is executed.
    package let leaf: HistoryLeaf?

    package init(
        header: Header, certificate: QuorumCertificate?, transactions: [TransactionID], leaf: HistoryLeaf?
    ) {
        self.header = header
        self.certificate = certificate
        self.transactions = transactions
        self.leaf = leaf
    }
}

/// A transaction this node knows, and how far it has got.
package struct TransactionRecord: Hashable, Sendable {
    package let id: TransactionID
    package let transaction: SignedTransaction
    /// The block it is final in, nil while it waits.
    package let position: Position?
    /// Nil until it is executed.
    package let receipt: Receipt?
    package let attested: Bool

    /// A place in the chain.
    package struct Position: Hashable, Sendable {
        package let height: Height
        package let index: UInt64
        package let time: Timestamp

        package init(height: Height, index: UInt64, time: Timestamp) {
            self.height = height
            self.index = index
            self.time = time
        }
    }

    package init(
        id: TransactionID, transaction: SignedTransaction, position: Position?, receipt: Receipt?,
        attested: Bool
    ) {
        self.id = id
        self.transaction = transaction
        self.position = position
        self.receipt = receipt
        self.attested = attested
    }
}

/// A value read from the state, or its absence, and if asked for the proof of it.
package struct StateRecord: Hashable, Sendable {
    /// The height after which the state was read.
    package let height: Height
    package let value: [UInt8]?
    package let proof: StateProof?

    package init(height: Height, value: [UInt8]?, proof: StateProof?) {
        self.height = height
        self.value = value
        self.proof = proof
    }
}

/// A record of evidence with all that has been added to it.
package struct EvidenceEntry: Hashable, Sendable {
    package let record: EvidenceRecord
    package let notes: [EvidenceNote]
    /// The deposit that made the record.
    package let transaction: TransactionID

    package init(record: EvidenceRecord, notes: [EvidenceNote], transaction: TransactionID) {
        self.record = record
        self.notes = notes
        self.transaction = transaction
    }
}

/// What a node says of itself.
package struct NodeStatus: Hashable, Sendable {
    package let version: String
    /// The node's own name: its validator's public key as an account, or what its operator calls it.
    package let id: String
    package let roles: [String]
    package let peers: [Peer]
    /// Which implementation computes each algorithm, as "sm2" and "avx512ifma".
    package let paths: [Path]
    /// How far this node's clock is from its peers' median, in milliseconds; nil where it has no peers.
    package let clockSkewMillis: Int64?

    /// Another node of the network, as seen from here.
    package struct Peer: Hashable, Sendable {
        package let name: String
        package let address: String
        package let connected: Bool

        package init(name: String, address: String, connected: Bool) {
            self.name = name
            self.address = address
            self.connected = connected
        }
    }

    /// An algorithm and the code path that serves it.
    package struct Path: Hashable, Sendable {
        package let algorithm: String
        package let path: String

        package init(algorithm: String, path: String) {
            self.algorithm = algorithm
            self.path = path
        }
    }

    package init(
        version: String, id: String, roles: [String], peers: [Peer], paths: [Path], clockSkewMillis: Int64?
    ) {
        self.version = version
        self.id = id
        self.roles = roles
        self.peers = peers
        self.paths = paths
        self.clockSkewMillis = clockSkewMillis
    }
}

/// One figure for whoever watches the node.
package struct Metric: Hashable, Sendable {
    /// Whether it only ever rises.
    package enum Kind: String, Sendable { case counter, gauge }

    /// A name Prometheus takes: letters, digits and underscores, `jiuding_` first.
    package let name: String
    package let help: String
    package let kind: Kind
    package let labels: [Label]
    package let value: Double

    /// A dimension of a figure.
    package struct Label: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(_ name: String, help: String, kind: Kind, labels: [Label] = [], value: Double) {
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = labels
        self.value = value
    }
}
