// SPDX-License-Identifier: Apache-2.0
import Consensus
package import Execution
package import ShangMi
package import Storage

/// Why a chain stopped on this node, in words for its operator.
package struct HostFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// No room on the disk. Heals when there is.
        case diskFull
        /// What is on disk is not what was written. Needs a repair.
        case corrupt
        /// Another process holds the directory.
        case locked
        /// The directory was written by a later version of the program.
        case newerFormat
        /// The validator's safety record is gone or is not its own: it must not vote.
        case safetyLost
        /// The signing key or device does not answer. May heal.
        case signer
        /// The environment failed otherwise.
        case environment
        /// The configuration does not fit what is on disk.
        case mismatch
        /// What a quorum agreed on is not what this node computed, or two blocks were made final.
        case divergence
        /// The consortium has decided on rules that this program does not know.
        case newerRules
        /// The engine that runs contracts has no room or no answer for now. Heals.
        case engine
        /// There is no engine on this machine, or it does not do what it should: contracts cannot be run.
        case engineMissing
        /// This program makes something else of published code than the chain has.
        case otherProgram
    }

    package let kind: Kind
    package let detail: String

    package init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// True where trying again later may help without anybody repairing anything but disk space.
    package var mayHeal: Bool { kind == .diskFull || kind == .signer || kind == .engine }

    package var description: String { "JD-\(code) \(detail). \(fix)" }

    /// The stable code of the failure (docs/spec/host.md, HOST-9).
    package var code: Int {
        switch kind {
        case .diskFull: 1501
        case .corrupt: 1502
        case .locked: 1503
        case .newerFormat: 1504
        case .safetyLost: 1505
        case .signer: 1506
        case .environment: 1507
        case .mismatch: 1508
        case .divergence: 1510
        case .newerRules: 1514
        case .engine: 1515
        case .engineMissing: 1516
        case .otherProgram: 1517
        }
    }

    package var fix: String {
        switch kind {
        case .diskFull: "Make room on the disk; the chain goes on by itself."
        case .corrupt: "Restore the directory from a backup or rebuild the node from the others."
        case .locked: "Stop the other process, or give this one its own --data directory."
        case .newerFormat:
            "Run the program version that wrote the directory; or rebuild the node from the others or a snapshot file."
        case .safetyLost:
            "Restore both safety files from this machine's own disk; never from an older backup."
        case .signer: "Check the key file or the signing device."
        case .environment: "See the system's log for the disk or file named."
        case .mismatch: "Check --data and the chain's name."
        case .divergence: "Do not delete anything. Compare this node's books with the others' and call for help."
        case .newerRules:
            "Install the program version the consortium agreed on and start the node again; nothing is lost."
        case .engine: "Make memory and threads available; the chain goes on by itself."
        case .engineMissing:
            "Install the engine's library that `jiuding doctor` names and start the node again; nothing is lost."
        case .otherProgram:
            "Run the program version that the chain's other nodes run; what is on disk is whole."
        }
    }
}

extension HostFailure {
    package init(_ error: StoreError) {
        switch error {
        case .full(let what): self.init(.diskFull, "the disk is full: \(what)")
        case .corrupt(let what): self.init(.corrupt, "the store is damaged: \(what)")
        case .locked(let path): self.init(.locked, "another process uses \(path)")
        case .newerFormat(let found, let known):
            self.init(.newerFormat, "the store has format \(found), this program knows \(known)")
        case .failed(let what): self.init(.environment, "the store failed: \(what)")
        case .pruned(let version, let oldest):
            self.init(.environment, "state version \(version) was pruned, the oldest kept is \(oldest)")
        case .archived(let height, let file):
            self.init(.environment, "block \(height) has left the store" + (file.map { " to \($0)" } ?? ""))
        case .unknownVersion(let version, let latest):
            self.init(.environment, "state version \(version) does not exist, the newest is \(latest)")
        }
    }

    package init(_ trouble: ExecutionTrouble) {
        switch trouble {
        case .store(let error): self.init(error)
        case .engine(let trouble):
            let lasting = trouble.needsOtherProgram ? Kind.otherProgram : .engineMissing
            self.init(trouble.heals ? .engine : lasting, trouble.what)
        }
    }

    package init(_ error: SafetyRingError) {
        switch error {
        case .full(let what): self.init(.diskFull, "the disk is full: \(what)")
        case .failed(let what): self.init(.environment, what)
        case .lost(let what), .foreign(let what): self.init(.safetyLost, what)
        }
    }

    package init(_ error: SignerError) {
        switch error {
        case .unavailable(let reason): self.init(.signer, "the signing key does not answer: \(reason)")
        }
    }
}
